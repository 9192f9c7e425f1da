import type { Size } from "../../core/geometry.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Program } from "../../ops/executor.ts";
import { conv2d } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { taesdBlock } from "./taesd_block.ts";
import { type TaesdConfig, taesdFactor } from "./taesd_config.ts";

/** Latents beyond this are pressed together before the decoder reads them. */
const magnitude = 3;

/**
 * Latents as the decoder reads them, `3 tanh(x / 3)`: computed on the host, since there are few.
 *
 * @param latents as the UNet has them, clean; no scaling factor.
 */
export function taesdLatents(latents: Tensor): Tensor {
  const values = Float32Array.from(
    latents.data,
    (x) => magnitude * Math.tanh(x / magnitude),
  );
  return tensor(latents.shape, values);
}

/**
 * The decoder of a tiny VAE (TAESD, Bohan 2023).
 *
 * @param latent {@linkcode taesdLatents} `[N, latent_channels, h, w]` of size `size`.
 * @returns pictures `[N, 3, h · factor, w · factor]`, about 0..1.
 */
function taesdDecode<T>(
  ops: Ops<T>,
  p: Params<T>,
  latent: T,
  config: TaesdConfig,
  size: Size,
): T {
  const { decoder_block_out_channels: widths, num_decoder_blocks: counts } =
    config;
  const layers = p.at("decoder").at("layers");
  let layer = 0;
  let x = conv2d(ops, layers.at(layer++), latent, {
    in: config.latent_channels,
    out: widths[0]!,
  });
  x = ops.relu(x);
  layer++;
  for (const [level, width] of widths.entries()) {
    for (let i = 0; i < counts[level]!; i++) {
      x = taesdBlock(ops, layers.at(layer++), x, width);
    }
    const last = level === widths.length - 1;
    if (!last) {
      size = { height: 2 * size.height, width: 2 * size.width };
      x = ops.upsample(x, size);
      layer++;
    }
    x = conv2d(ops, layers.at(layer++), x, {
      in: width,
      out: last ? 3 : width,
      bias: last,
    });
  }
  return x;
}

/** {@linkcode taesdDecode} as a program for latents of `size`: `latent` in, `picture` out. */
export function taesdDecoderProgram(config: TaesdConfig, size: Size): Program {
  const { height, width } = size;
  const factor = taesdFactor(config);
  const latent = ["batch", config.latent_channels, height, width];
  const picture = ["batch", 3, height * factor, width * factor];
  return {
    name: `taesd_decoder_${width}x${height}`,
    inputs: { latent: { kind: "image", shape: latent } },
    outputs: { picture: { kind: "image", shape: picture } },
    run: (ops, params, inputs) => ({
      picture: taesdDecode(ops, params, inputs.latent!, config, size),
    }),
  };
}
