import type { Program } from "../ops/executor.ts";
import { conv2d } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Size } from "../core/geometry.ts";
import type { Params } from "../ops/params.ts";
import { vaeMidBlock, vaeOut, vaeResnets } from "./vae_blocks.ts";
import { type VaeConfig, vaeFactor } from "./vae_config.ts";

/**
 * The VAE's decoder (Rombach et al. 2022).
 *
 * @param latent `[N, latent_channels, h, w]`, already divided by the scaling factor, of size `size`.
 * @returns pictures `[N, 3, h · factor, w · factor]`, about −1..1.
 */
export function vaeDecode<T>(
  ops: Ops<T>,
  p: Params<T>,
  latent: T,
  config: VaeConfig,
  size: Size,
): T {
  const decoder = p.at("decoder");
  const latents = config.latent_channels;
  if (config.use_post_quant_conv ?? true) {
    latent = conv2d(ops, p.at("post_quant_conv"), latent, {
      in: latents,
      out: latents,
      kernel: 1,
    });
  }
  let x = conv2d(ops, decoder.at("conv_in"), latent, {
    in: latents,
    out: config.block_out_channels.at(-1)!,
  });
  x = vaeMidBlock(ops, decoder.at("mid_block"), x, config, size);
  x = upBlocks(ops, decoder.at("up_blocks"), x, config, size);
  return vaeOut(ops, decoder, x, config, {
    in: config.block_out_channels[0]!,
    out: config.out_channels,
  });
}

/** The levels of the decoder, each but the last followed by an enlargement to twice the size. */
function upBlocks<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: VaeConfig,
  size: Size,
): T {
  const widths = config.block_out_channels.toReversed();
  for (const [i, out] of widths.entries()) {
    const shape = {
      in: widths[Math.max(0, i - 1)]!,
      out,
      layers: config.layers_per_block + 1,
    };
    x = vaeResnets(ops, p.at(i), x, config, shape);
    if (i === widths.length - 1) break;
    size = { height: 2 * size.height, width: 2 * size.width };
    const conv = p.at(i).at("upsamplers").at(0).at("conv");
    x = conv2d(ops, conv, ops.upsample(x, size), { in: out, out });
  }
  return x;
}

/** {@linkcode vaeDecode} as a program for latents of `size`: `latent` in, `picture` out. */
export function vaeDecoderProgram(config: VaeConfig, size: Size): Program {
  const { height, width } = size;
  const factor = vaeFactor(config);
  const picture = [
    "batch",
    config.out_channels,
    height * factor,
    width * factor,
  ];
  return {
    name: `vae_decoder_${width}x${height}`,
    inputs: {
      latent: {
        kind: "image",
        shape: ["batch", config.latent_channels, height, width],
      },
    },
    outputs: { picture: { kind: "image", shape: picture } },
    needsFloat32: config.force_upcast ?? true,
    run: (ops, params, inputs) => ({
      picture: vaeDecode(ops, params, inputs.latent!, config, size),
    }),
  };
}
