import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";

/** Sizes of a CLIP transformer, under the names of the Hugging Face config. */
export interface ClipTransformerConfig {
  /** Width of the hidden states. */
  readonly hidden_size: number;
  /** Width inside each layer's network. */
  readonly intermediate_size: number;
  /** Heads of each attention. */
  readonly num_attention_heads: number;
  /** Layers. */
  readonly num_hidden_layers: number;
  /** Activation inside the layers. */
  readonly hidden_act: "gelu" | "quick_gelu";
  /** Added to the variance in every normalisation. */
  readonly layer_norm_eps: number;
}

/** Options of {@linkcode clipEncoder}. */
export interface ClipEncoderOptions {
  /** Whether a token sees only those before it, as in the text tower. */
  causal: boolean;
}

/**
 * The layers that CLIP's two towers share (Radford et al. 2021, 2.4).
 *
 * @returns the hidden states before the first and after each layer, `[N, tokens, width]` each.
 */
export function clipEncoder<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: ClipTransformerConfig,
  options: ClipEncoderOptions,
): T[] {
  const states = [x];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    x = encoderLayer(ops, p.at("layers").at(i), x, config, options);
    states.push(x);
  }
  return states;
}

function encoderLayer<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: ClipTransformerConfig,
  options: ClipEncoderOptions,
): T {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const normed = layerNorm(ops, p.at("layer_norm1"), x, width, eps);
  x = ops.add(
    x,
    selfAttention(ops, p.at("self_attn"), normed, config, options),
  );
  const mlp = layerNorm(ops, p.at("layer_norm2"), x, width, eps);
  return ops.add(x, feedForward(ops, p.at("mlp"), mlp, config));
}

function selfAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: ClipTransformerConfig,
  options: ClipEncoderOptions,
): T {
  const shape = { in: config.hidden_size, out: config.hidden_size };
  const q = linear(ops, p.at("q_proj"), x, shape);
  const k = linear(ops, p.at("k_proj"), x, shape);
  const v = linear(ops, p.at("v_proj"), x, shape);
  const heads = config.num_attention_heads;
  const mixed = ops.attention(q, k, v, { heads, causal: options.causal });
  return linear(ops, p.at("out_proj"), mixed, shape);
}

function feedForward<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: ClipTransformerConfig,
): T {
  const { hidden_size: width, intermediate_size: inner } = config;
  const hidden = linear(ops, p.at("fc1"), x, { in: width, out: inner });
  const active = config.hidden_act === "gelu"
    ? ops.gelu(hidden)
    : ops.quickGelu(hidden);
  return linear(ops, p.at("fc2"), active, { in: inner, out: width });
}
