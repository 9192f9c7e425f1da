import type { Program, Signature, Values } from "../ops/executor.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import type { AttentionSite, CrossAttention, KeyValue } from "./hooks.ts";

/** Projects tokens `[N, tokens, from]` to keys and values in one cross-attention layer. */
export interface KeyValueProjection {
  <T>(
    ops: Ops<T>,
    p: Params<T>,
    tokens: T,
    at: AttentionSite,
    from: number,
  ): KeyValue<T>;
}

/**
 * Keys and values of tokens in all cross-attention layers, which do not change between steps:
 * `tokens` `[N, tokens, width of text]` in, `k.i` and `v.i` out.
 */
export function keyValueProgram(
  layers: CrossAttention,
  name: string,
  project: KeyValueProjection,
): Program {
  const from = layers.textWidth;
  // the layers are the same at every size
  const sites = layers.sites({ height: 8, width: 8 });
  const outputs: Record<string, Signature> = {};
  for (const { layer, width } of sites) {
    const shape = ["batch", "tokens", width];
    outputs[`k.${layer}`] = { kind: "float", shape };
    outputs[`v.${layer}`] = { kind: "float", shape };
  }
  return {
    name,
    inputs: { tokens: { kind: "float", shape: ["batch", "tokens", from] } },
    outputs,
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const results: Record<string, T> = {};
      for (const at of sites) {
        const { k, v } = project(ops, params, inputs.tokens!, at, from);
        results[`k.${at.layer}`] = k;
        results[`v.${at.layer}`] = v;
      }
      return results;
    },
  };
}
