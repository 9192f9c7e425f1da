import type { KeyValue } from "../hooks.ts";
import type { Program, Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import {
  type CrossAttentionLayer,
  crossAttentionLayers,
} from "./cross_attention_layers.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * Keys and values of text in all cross-attention layers, which do not change between steps:
 * `tokens` `[N, tokens, cross_attention_dim]` in, `k.i` and `v.i` out.
 */
export function textKeyValueProgram(config: UnetConfig): Program {
  return keyValueProgram(config, "text_key_value", textKeyValue);
}

/** Keys and values of text tokens `[N, tokens, from]` in one frozen cross-attention layer. */
export function textKeyValue<T>(
  ops: Ops<T>,
  p: Params<T>,
  tokens: T,
  layer: CrossAttentionLayer,
  from: number,
): KeyValue<T> {
  const at = p.at(layer.path);
  return {
    k: ops.linear(tokens, at.at("to_k").get("weight", [layer.width, from])),
    v: ops.linear(tokens, at.at("to_v").get("weight", [layer.width, from])),
  };
}

/** The projection of tokens to keys and values in one layer. */
export type KeyValueProjection = typeof textKeyValue;

/** Keys and values of tokens in all cross-attention layers, `tokens` in, `k.i` and `v.i` out. */
export function keyValueProgram(
  config: UnetConfig,
  name: string,
  project: KeyValueProjection,
): Program {
  const layers = crossAttentionLayers(config);
  const from = config.cross_attention_dim;
  const outputs: Record<string, Signature> = {};
  for (const [i, { width }] of layers.entries()) {
    outputs[`k.${i}`] = { kind: "float", shape: ["batch", "tokens", width] };
    outputs[`v.${i}`] = { kind: "float", shape: ["batch", "tokens", width] };
  }
  return {
    name,
    inputs: { tokens: { kind: "float", shape: ["batch", "tokens", from] } },
    outputs,
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const results: Record<string, T> = {};
      for (const [i, layer] of layers.entries()) {
        const { k, v } = project(ops, params, inputs.tokens!, layer, from);
        results[`k.${i}`] = k;
        results[`v.${i}`] = v;
      }
      return results;
    },
  };
}
