import type { Program } from "../ops/executor.ts";
import { conv2d } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Size } from "../core/geometry.ts";
import type { Params } from "../ops/params.ts";
import { vaeMidBlock, vaeOut, vaeResnets } from "./vae_blocks.ts";
import { type VaeConfig, vaeFactor } from "./vae_config.ts";

/** Mean and logarithm of the variance of each latent value, `[N, latent_channels, h, w]` each. */
export interface LatentDistribution<T> {
  readonly mean: T;
  readonly logvar: T;
}

/**
 * The VAE's encoder (Rombach et al. 2022).
 *
 * @param picture `[N, 3, height, width]` in −1..1, of size `size`, both sides multiples of the VAE factor.
 */
export function vaeEncode<T>(
  ops: Ops<T>,
  p: Params<T>,
  picture: T,
  config: VaeConfig,
  size: Size,
): LatentDistribution<T> {
  const channels = config.block_out_channels;
  const encoder = p.at("encoder");
  let x = conv2d(ops, encoder.at("conv_in"), picture, {
    in: config.in_channels,
    out: channels[0]!,
  });
  x = downBlocks(ops, encoder.at("down_blocks"), x, config);
  const factor = vaeFactor(config);
  const latentSize = {
    height: size.height / factor,
    width: size.width / factor,
  };
  x = vaeMidBlock(ops, encoder.at("mid_block"), x, config, latentSize);
  const moments = 2 * config.latent_channels;
  x = vaeOut(ops, encoder, x, config, { in: channels.at(-1)!, out: moments });
  if (config.use_quant_conv ?? true) {
    x = conv2d(ops, p.at("quant_conv"), x, {
      in: moments,
      out: moments,
      kernel: 1,
    });
  }
  const [mean, logvar] = ops.splitChannels(x, 2);
  return { mean: mean!, logvar: logvar! };
}

/** The levels of the encoder, each but the last followed by a halving. */
function downBlocks<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: VaeConfig,
): T {
  const channels = config.block_out_channels;
  for (const [i, out] of channels.entries()) {
    const shape = {
      in: channels[Math.max(0, i - 1)]!,
      out,
      layers: config.layers_per_block,
    };
    x = vaeResnets(ops, p.at(i), x, config, shape);
    if (i === channels.length - 1) break;
    x = downsample(ops, p.at(i).at("downsamplers").at(0), x, out);
  }
  return x;
}

/** Halves an image; the checkpoints were trained with the one row of zeros below and right. */
function downsample<T>(ops: Ops<T>, p: Params<T>, x: T, channels: number): T {
  return conv2d(ops, p.at("conv"), x, {
    in: channels,
    out: channels,
    stride: 2,
    padding: { top: 0, right: 1, bottom: 1, left: 0 },
  });
}

/** {@linkcode vaeEncode} as a program for pictures of `size`: `picture` in; `mean`, `logvar` out. */
export function vaeEncoderProgram(config: VaeConfig, size: Size): Program {
  const factor = vaeFactor(config);
  const { height, width } = size;
  const latent = [
    "batch",
    config.latent_channels,
    height / factor,
    width / factor,
  ] as const;
  return {
    name: `vae_encoder_${width}x${height}`,
    inputs: {
      picture: {
        kind: "image",
        shape: ["batch", config.in_channels, height, width],
      },
    },
    outputs: {
      mean: { kind: "image", shape: latent },
      logvar: { kind: "image", shape: latent },
    },
    needsFloat32: config.force_upcast ?? true,
    run: (ops, params, inputs) => ({
      ...vaeEncode(ops, params, inputs.picture!, config, size),
    }),
  };
}
