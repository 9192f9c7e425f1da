import type { Size } from "../../core/geometry.ts";
import type { Program } from "../../ops/executor.ts";
import { conv2d } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { taesdBlock } from "./taesd_block.ts";
import { type TaesdConfig, taesdFactor } from "./taesd_config.ts";

/**
 * The encoder of a tiny VAE (TAESD, Bohan 2023).
 *
 * @param picture `[N, 3, height, width]` in 0..1.
 * @returns latents as the UNet has them, `[N, latent_channels, h, w]`; no scaling factor.
 */
function taesdEncode<T>(
  ops: Ops<T>,
  p: Params<T>,
  picture: T,
  config: TaesdConfig,
): T {
  const { encoder_block_out_channels: widths, num_encoder_blocks: counts } =
    config;
  const layers = p.at("encoder").at("layers");
  let layer = 0, x = picture;
  for (const [level, width] of widths.entries()) {
    const from = level === 0 ? 3 : widths[level - 1]!;
    const shape = level === 0 ? {} : { stride: 2, bias: false };
    x = conv2d(ops, layers.at(layer++), x, { in: from, out: width, ...shape });
    for (let i = 0; i < counts[level]!; i++) {
      x = taesdBlock(ops, layers.at(layer++), x, width);
    }
  }
  return conv2d(ops, layers.at(layer), x, {
    in: widths.at(-1)!,
    out: config.latent_channels,
  });
}

/** {@linkcode taesdEncode} as a program for pictures of `size`: `picture` in, `latent` out. */
export function taesdEncoderProgram(config: TaesdConfig, size: Size): Program {
  const { height, width } = size;
  const factor = taesdFactor(config);
  const latent = [
    "batch",
    config.latent_channels,
    height / factor,
    width / factor,
  ];
  const picture = ["batch", 3, height, width];
  return {
    name: `taesd_encoder_${width}x${height}`,
    inputs: { picture: { kind: "image", shape: picture } },
    outputs: { latent: { kind: "image", shape: latent } },
    run: (ops, params, inputs) => ({
      latent: taesdEncode(ops, params, inputs.picture!, config),
    }),
  };
}
