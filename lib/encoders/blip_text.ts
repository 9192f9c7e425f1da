import type { Program } from "../ops/executor.ts";
import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import type { BlipTextConfig } from "./blip_config.ts";

/** What the text decoder reads. */
export interface BlipTextInputs<T> {
  /** Token ids `[N, tokens]`. */
  readonly ids: T;
  /** 0, 1, … for every row of `ids`, `[N, tokens]`. */
  readonly positions: T;
  /** Image features `[N, patches, encoder_hidden_size]`. */
  readonly features: T;
}

/**
 * BLIP's text decoder: BERT with causal self-attention and cross-attention to the picture
 * (Li et al. 2022).
 *
 * @returns logits of the next token at every position, `[N, tokens, vocab_size]`.
 */
export function blipText<T>(
  ops: Ops<T>,
  p: Params<T>,
  inputs: BlipTextInputs<T>,
  config: BlipTextConfig,
): T {
  const {
    hidden_size: width,
    vocab_size,
    max_position_embeddings,
    layer_norm_eps: eps,
  } = config;
  const decoder = p.at("text_decoder");
  const embeddings = decoder.at("bert").at("embeddings");
  const table = embeddings.at("word_embeddings").get("weight", [
    vocab_size,
    width,
  ]);
  const places = embeddings.at("position_embeddings")
    .get("weight", [max_position_embeddings, width]);
  const embedded = ops.add(
    ops.embedding(inputs.ids, table),
    ops.embedding(inputs.positions, places),
  );
  let x = layerNorm(ops, embeddings.at("LayerNorm"), embedded, width, eps);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = decoder.at("bert").at("encoder").at("layer").at(i);
    x = decoderLayer(ops, layer, x, { features: inputs.features, config });
  }
  const head = decoder.at("cls").at("predictions");
  const transform = head.at("transform");
  const hidden = ops.gelu(
    linear(ops, transform.at("dense"), x, { in: width, out: width }),
  );
  const normed = layerNorm(ops, transform.at("LayerNorm"), hidden, width, eps);
  return ops.linear(normed, table, head.get("bias", [vocab_size]));
}

function decoderLayer<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  context: { features: T; config: BlipTextConfig },
): T {
  const { features, config } = context;
  const { hidden_size: width, intermediate_size: inner, layer_norm_eps: eps } =
    config;
  const own = { source: x, from: width, causal: true, config };
  x = attentionBlock(ops, p.at("attention"), x, own);
  const other = {
    source: features,
    from: config.encoder_hidden_size,
    causal: false,
    config,
  };
  x = attentionBlock(ops, p.at("crossattention"), x, other);
  const wide = linear(ops, p.at("intermediate").at("dense"), x, {
    in: width,
    out: inner,
  });
  const output = p.at("output");
  const out = linear(ops, output.at("dense"), ops.gelu(wide), {
    in: inner,
    out: width,
  });
  return layerNorm(ops, output.at("LayerNorm"), ops.add(x, out), width, eps);
}

/** Attention of `x` to `source`, added to `x` and normalised, as in BERT. */
function attentionBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  options: { source: T; from: number; causal: boolean; config: BlipTextConfig },
): T {
  const { source, from, causal, config } = options;
  const {
    hidden_size: width,
    num_attention_heads: heads,
    layer_norm_eps: eps,
  } = config;
  const self = p.at("self");
  const q = linear(ops, self.at("query"), x, { in: width, out: width });
  const k = linear(ops, self.at("key"), source, { in: from, out: width });
  const v = linear(ops, self.at("value"), source, { in: from, out: width });
  const mixed = ops.attention(q, k, v, { heads, causal });
  const output = p.at("output");
  const out = linear(ops, output.at("dense"), mixed, { in: width, out: width });
  return layerNorm(ops, output.at("LayerNorm"), ops.add(x, out), width, eps);
}

/** {@linkcode blipText} as a program: `ids`, `positions`, `features` in, `logits` out. */
export function blipTextProgram(config: BlipTextConfig): Program {
  return {
    name: "blip_text",
    inputs: {
      ids: { kind: "ids", shape: ["batch", "tokens"] },
      positions: { kind: "ids", shape: ["batch", "tokens"] },
      features: {
        kind: "float",
        shape: ["batch", "patches", config.encoder_hidden_size],
      },
    },
    outputs: {
      logits: { kind: "float", shape: ["batch", "tokens", config.vocab_size] },
    },
    run: (ops, params, inputs) => ({
      logits: blipText(ops, params, {
        ids: inputs.ids!,
        positions: inputs.positions!,
        features: inputs.features!,
      }, config),
    }),
  };
}
