import type { Program } from "../ops/executor.ts";
import { conv2d, layerNorm } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder, type ClipTransformerConfig } from "./clip_transformer.ts";

/** Sizes of a vision transformer. */
export interface VitConfig extends ClipTransformerConfig {
  /** Side of the square input, in pixels. */
  readonly image_size: number;
  /** Side of a square patch, in pixels. */
  readonly patch_size: number;
}

/**
 * A plain vision transformer (Dosovitskiy et al. 2021), with weights under the names of CLIP's
 * image tower.
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 * @returns the class token after the last layer norm, `[N, width]`.
 */
export function vit<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: VitConfig,
): T {
  const { hidden_size: width, patch_size: patch, layer_norm_eps: eps } = config;
  const patches = ops.tokens(conv2d(ops, p.at("patch_embedding"), pixels, {
    in: 3,
    out: width,
    kernel: patch,
    stride: patch,
    padding: 0,
  }));
  const classToken = ops.repeatBatch(
    p.get("class_embedding", [width]),
    patches,
  );
  const tokens = (config.image_size / patch) ** 2 + 1;
  const position = p.get("position_embedding", [tokens, width]);
  const x = ops.add(ops.concatTokens([classToken, patches]), position);
  const states = clipEncoder(ops, p.at("encoder"), x, config, {
    causal: false,
  });
  const last = ops.token(states.at(-1)!, 0);
  return layerNorm(ops, p.at("layernorm"), last, width, eps);
}

/** {@linkcode vit} as a program: `pixels` in, `embeds` out. */
export function vitProgram(config: VitConfig): Program {
  const { image_size: side, hidden_size: width } = config;
  return {
    name: "vit",
    inputs: { pixels: { kind: "image", shape: ["batch", 3, side, side] } },
    outputs: { embeds: { kind: "float", shape: ["batch", width] } },
    run: (ops, params, inputs) => ({
      embeds: vit(ops, params, inputs.pixels!, config),
    }),
  };
}
