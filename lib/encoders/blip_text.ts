import type { Program, Signature } from "../ops/executor.ts";
import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import type { BlipTextConfig } from "./blip_config.ts";

/** Inputs of the text decoder. */
export interface BlipTextInputs<T> {
  /** Token ids `[N, tokens]`. */
  readonly ids: T;
  /** 0, 1, … for every row of `ids`, `[N, tokens]`. */
  readonly positions: T;
  /** Keys and values of the picture, from {@linkcode blipCross}. */
  readonly cross: BlipCross<T>;
}

/** The picture as each layer's cross-attention sees it; the same for all steps of a caption. */
export interface BlipCross<T> {
  /** A layer each, `[N, patches, hidden_size]`. */
  readonly keys: readonly T[];
  /** Likewise. */
  readonly values: readonly T[];
}

/**
 * Keys and values of all cross-attention layers.
 *
 * @param features of the image encoder, `[N, patches, encoder_hidden_size]`.
 */
function blipCross<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  config: BlipTextConfig,
): BlipCross<T> {
  const shape = { in: config.encoder_hidden_size, out: config.hidden_size };
  const project = (name: string) => (i: number) => {
    const layer = p.at("text_decoder").at("bert").at("encoder").at("layer");
    const self = layer.at(i).at("crossattention").at("self");
    return linear(ops, self.at(name), features, shape);
  };
  const layers = layersOf(config);
  return {
    keys: layers.map(project("key")),
    values: layers.map(project("value")),
  };
}

function layersOf({ num_hidden_layers }: BlipTextConfig): number[] {
  return Array.from({ length: num_hidden_layers }, (_, i) => i);
}

/**
 * BLIP's text decoder: BERT with causal self-attention and cross-attention to the picture
 * (Li et al. 2022).
 *
 * @returns logits of the next token at every position, `[N, tokens, vocab_size]`.
 */
function blipText<T>(
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
  const { keys, values } = inputs.cross;
  for (const i of layersOf(config)) {
    const layer = decoder.at("bert").at("encoder").at("layer").at(i);
    const picture = { k: keys[i]!, v: values[i]! };
    x = decoderLayer(ops, layer, x, { picture, config });
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
  context: { picture: { k: T; v: T }; config: BlipTextConfig },
): T {
  const { picture, config } = context;
  const { hidden_size: width, intermediate_size: inner, layer_norm_eps: eps } =
    config;
  x = attentionBlock(ops, p.at("attention"), x, { config });
  x = attentionBlock(ops, p.at("crossattention"), x, { picture, config });
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

/** Attention of `x` to the picture, or to itself where there is none, added to `x` and normalised, as in BERT. */
function attentionBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  options: { picture?: { k: T; v: T }; config: BlipTextConfig },
): T {
  const { picture, config } = options;
  const {
    hidden_size: width,
    num_attention_heads: heads,
    layer_norm_eps: eps,
  } = config;
  const self = p.at("self");
  const own = (name: string) =>
    linear(ops, self.at(name), x, { in: width, out: width });
  const q = own("query");
  const k = picture ? picture.k : own("key");
  const v = picture ? picture.v : own("value");
  const mixed = ops.attention(q, k, v, { heads, causal: !picture });
  const output = p.at("output");
  const out = linear(ops, output.at("dense"), mixed, { in: width, out: width });
  return layerNorm(ops, output.at("LayerNorm"), ops.add(x, out), width, eps);
}

/** Names of the values that {@linkcode blipCrossProgram} hands to {@linkcode blipTextProgram}. */
function crossNames(config: BlipTextConfig): { k: string; v: string }[] {
  return layersOf(config).map((i) => ({ k: `k${i}`, v: `v${i}` }));
}

function crossSignatures(config: BlipTextConfig): Record<string, Signature> {
  const shape = ["batch", "patches", config.hidden_size];
  return Object.fromEntries(
    crossNames(config).flatMap(({ k, v }) =>
      [k, v].map((name) => [name, { kind: "float", shape } as const])
    ),
  );
}

/** {@linkcode blipCross} as a program: `features` in, `k0`, `v0`, `k1`, … out. */
export function blipCrossProgram(config: BlipTextConfig): Program {
  const { encoder_hidden_size } = config;
  return {
    name: "blip_cross",
    inputs: {
      features: {
        kind: "float",
        shape: ["batch", "patches", encoder_hidden_size],
      },
    },
    outputs: crossSignatures(config),
    run: (ops, params, { features }) => {
      const { keys, values } = blipCross(ops, params, features!, config);
      return Object.fromEntries(
        crossNames(config).flatMap(({ k, v }, i) => [
          [k, keys[i]!],
          [v, values[i]!],
        ]),
      );
    },
  };
}

/** {@linkcode blipText} as a program: `ids`, `positions`, `k0`, `v0`, `k1`, … in, `logits` out. */
export function blipTextProgram(config: BlipTextConfig): Program {
  return {
    name: "blip_text",
    inputs: {
      ids: { kind: "ids", shape: ["batch", "tokens"] },
      positions: { kind: "ids", shape: ["batch", "tokens"] },
      ...crossSignatures(config),
    },
    outputs: {
      logits: { kind: "float", shape: ["batch", "tokens", config.vocab_size] },
    },
    run: (ops, params, inputs) => ({
      logits: blipText(ops, params, {
        ids: inputs.ids!,
        positions: inputs.positions!,
        cross: {
          keys: crossNames(config).map(({ k }) => inputs[k]!),
          values: crossNames(config).map(({ v }) => inputs[v]!),
        },
      }, config),
    }),
  };
}
