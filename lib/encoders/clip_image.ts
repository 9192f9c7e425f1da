import type { Program } from "../ops/executor.ts";
import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder } from "./clip_transformer.ts";
import { patchTokens, visionTokens, type VitConfig } from "./vit.ts";

/** `config.json` of a `CLIPVisionModelWithProjection`, as far as it is used. */
export interface ClipImageConfig extends VitConfig {
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
  const embeddings = model.at("embeddings");
  const places = [visionTokens(config), width];
  const embedded = patchTokens(ops, embeddings, pixels, config, {
    bias: false,
    position: () => embeddings.at("position_embedding").get("weight", places),
  });
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

/** {@linkcode clipImage} as a program: `pixels` in; `embeds`, `last`, `penultimate`, `pooled` out. */
export function clipImageProgram(config: ClipImageConfig): Program {
  const { image_size: side, hidden_size: width } = config;
  const tokens = visionTokens(config);
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
