import { conv2d } from "../../ops/layers.ts";
import type { Program } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import type { Size } from "../../core/geometry.ts";
import { type ControlnetConfig, hintFactor } from "./controlnet_config.ts";

/**
 * The control picture at the latents' size (Zhang et al. 2023, Eq. (4)), which does not change
 * between steps.
 *
 * @param hint `[N, conditioning_channels, height, width]`, 0..1.
 * @returns `[N, block_out_channels[0], height, width]` of the latents.
 */
function hintEmbedding<T>(
  ops: Ops<T>,
  p: Params<T>,
  hint: T,
  config: ControlnetConfig,
): T {
  const widths = config.conditioning_embedding_out_channels;
  let x = ops.silu(
    conv2d(ops, p.at("conv_in"), hint, {
      in: config.conditioning_channels,
      out: widths[0]!,
    }),
  );
  const layer = (index: number, from: number, out: number, stride: number) => {
    const shape = { in: from, out, stride };
    x = ops.silu(conv2d(ops, p.at("blocks").at(index), x, shape));
  };
  for (let i = 0; i + 1 < widths.length; i++) {
    layer(2 * i, widths[i]!, widths[i]!, 1);
    layer(2 * i + 1, widths[i]!, widths[i + 1]!, 2);
  }
  return conv2d(ops, p.at("conv_out"), x, {
    in: widths.at(-1)!,
    out: config.block_out_channels[0]!,
  });
}

/** {@linkcode hintEmbedding} as a program for latents of `size`: `hint` in, `embedding` out. */
export function hintProgram(config: ControlnetConfig, size: Size): Program {
  const { height, width } = size;
  const factor = hintFactor(config);
  const image = (channels: number, scale: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height * scale, width * scale],
  });
  return {
    name: `control_hint_${width}x${height}`,
    inputs: { hint: image(config.conditioning_channels, factor) },
    outputs: { embedding: image(config.block_out_channels[0]!, 1) },
    run: (ops, params, inputs) => ({
      embedding: hintEmbedding(
        ops,
        params.at("controlnet_cond_embedding"),
        inputs.hint!,
        config,
      ),
    }),
  };
}
