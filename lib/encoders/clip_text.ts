import type { Program } from "../ops/executor.ts";
import { layerNorm } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder, type ClipTransformerConfig } from "./clip_transformer.ts";

/** `config.json` of a `CLIPTextModel`, as far as it is used. */
export interface ClipTextConfig extends ClipTransformerConfig {
  readonly vocab_size: number;
  /** Number of token positions, 77 in SD 1.5. */
  readonly max_position_embeddings: number;
}

/**
 * CLIP's text tower.
 *
 * @param ids token ids `[N, tokens]`.
 * @returns the last hidden state after the final layer norm, `[N, tokens, width]`.
 */
export function clipText<T>(
  ops: Ops<T>,
  p: Params<T>,
  ids: T,
  config: ClipTextConfig,
): T {
  const { hidden_size: width, max_position_embeddings: positions } = config;
  const model = p.at("text_model");
  const embeddings = model.at("embeddings");
  const table = embeddings.at("token_embedding").get("weight", [
    config.vocab_size,
    width,
  ]);
  const position = embeddings.at("position_embedding").get("weight", [
    positions,
    width,
  ]);
  const x = ops.add(ops.embedding(ids, table), position);
  const last = clipEncoder(ops, model.at("encoder"), x, config, {
    causal: true,
  }).at(-1)!;
  return layerNorm(
    ops,
    model.at("final_layer_norm"),
    last,
    width,
    config.layer_norm_eps,
  );
}

/** {@linkcode clipText} as a program: `ids` in, `hidden` out. */
export function clipTextProgram(config: ClipTextConfig): Program {
  const { hidden_size: width, max_position_embeddings: positions } = config;
  return {
    name: "text_encoder",
    inputs: { ids: { kind: "ids", shape: ["batch", positions] } },
    outputs: { hidden: { kind: "float", shape: ["batch", positions, width] } },
    run: (ops, params, inputs) => ({
      hidden: clipText(ops, params, inputs.ids!, config),
    }),
  };
}
