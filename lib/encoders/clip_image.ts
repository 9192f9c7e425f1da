import type { Program } from "../ops/executor.ts";
import { conv2d, layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder, type ClipTransformerConfig } from "./clip_transformer.ts";

/** `config.json` of a `CLIPVisionModelWithProjection`, as far as it is used. */
export interface ClipImageConfig extends ClipTransformerConfig {
  /** Side of the square input, in pixels. */
  readonly image_size: number;
  /** Side of a square patch, in pixels. */
  readonly patch_size: number;
  /** Width of the space that pictures and texts share. */
  readonly projection_dim: number;
}

/** Outputs of CLIP's image tower. */
export interface ClipImageFeatures<T> {
  /** Projected class token, `[N, projection_dim]`. */
  readonly embeds: T;
  /** Hidden states after the last layer, `[N, tokens, width]`. */
  readonly last: T;
  /** Hidden states before the last layer (`hidden_states[-2]`), `[N, tokens, width]`. */
  readonly penultimate: T;
  /** Class token after the post layer norm, `[N, width]`. */
  readonly pooled: T;
}

/** Number of tokens that the image tower gives: one a patch and the class token. */
export function clipImageTokens(config: ClipImageConfig): number {
  return (config.image_size / config.patch_size) ** 2 + 1;
}

/**
 * CLIP's image tower, a vision transformer.
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 */
export function clipImage<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: ClipImageConfig,
): ClipImageFeatures<T> {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const model = p.at("vision_model");
  const embedded = embedPatches(ops, model.at("embeddings"), pixels, config);
  const x = layerNorm(ops, model.at("pre_layrnorm"), embedded, width, eps);
  const states = clipEncoder(ops, model.at("encoder"), x, config, {
    causal: false,
  });
  const last = states.at(-1)!;
  const pooled = layerNorm(
    ops,
    model.at("post_layernorm"),
    ops.token(last, 0),
    width,
    eps,
  );
  const shape = { in: width, out: config.projection_dim, bias: false };
  const embeds = linear(ops, p.at("visual_projection"), pooled, shape);
  return { embeds, last, penultimate: states.at(-2)!, pooled };
}

function embedPatches<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: ClipImageConfig,
): T {
  const { hidden_size: width, patch_size: patch } = config;
  const patches = conv2d(ops, p.at("patch_embedding"), pixels, {
    in: 3,
    out: width,
    kernel: patch,
    stride: patch,
    padding: 0,
    bias: false,
  });
  const tokens = ops.tokens(patches);
  const classToken = ops.repeatBatch(p.get("class_embedding", [width]), tokens);
  const position = p.at("position_embedding").get("weight", [
    clipImageTokens(config),
    width,
  ]);
  return ops.add(ops.concatTokens([classToken, tokens]), position);
}

/** {@linkcode clipImage} as a program: `pixels` in; `embeds`, `last`, `penultimate`, `pooled` out. */
export function clipImageProgram(config: ClipImageConfig): Program {
  const { image_size: side, hidden_size: width } = config;
  const tokens = clipImageTokens(config);
  return {
    name: "image_encoder",
    inputs: { pixels: { kind: "image", shape: ["batch", 3, side, side] } },
    outputs: {
      embeds: { kind: "float", shape: ["batch", config.projection_dim] },
      last: { kind: "float", shape: ["batch", tokens, width] },
      penultimate: { kind: "float", shape: ["batch", tokens, width] },
      pooled: { kind: "float", shape: ["batch", width] },
    },
    run: (ops, params, inputs) => ({
      ...clipImage(ops, params, inputs.pixels!, config),
    }),
  };
}
