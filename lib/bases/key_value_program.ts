import type { Program, Signature, Values } from "../ops/executor.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { ownParams, toAdapter, toProgram } from "./adapter_inputs.ts";
import type { AdapterGraph, KeyValue } from "./hooks.ts";
import {
  type AttentionLayers,
  type AttentionSite,
  crossSites,
} from "./places.ts";

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
 *
 * @param adapters Those that change the tokens first; their inputs come in too. @default {none}
 */
export function keyValueProgram(
  layers: AttentionLayers,
  name: string,
  project: KeyValueProjection,
  adapters: readonly AdapterGraph[] = [],
): Program {
  const from = layers.textWidth;
  // the layers are the same at every size
  const sites = crossSites(layers.places({ height: 8, width: 8 }));
  const fusing = adapters.filter(({ text }) => text !== undefined);
  const outputs: Record<string, Signature> = {};
  for (const { layer, width } of sites) {
    const shape = ["batch", "tokens", width];
    outputs[`k.${layer}`] = { kind: "float", shape };
    outputs[`v.${layer}`] = { kind: "float", shape };
  }
  const own = fusing.map((one) => toProgram(one, one.text!.inputs(from)));
  return {
    name: [name, ...fusing.map(({ prefix }) => prefix)].join("_"),
    inputs: {
      tokens: { kind: "float", shape: ["batch", "tokens", from] },
      ...Object.assign({}, ...own),
    },
    outputs,
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const results: Record<string, T> = {};
      const tokens = fusing.reduce<T>(
        (x, one) =>
          one.text!.fuse(
            ops,
            ownParams(one, params),
            toAdapter(one, inputs),
            x,
          ),
        inputs.tokens!,
      );
      for (const at of sites) {
        const { k, v } = project(ops, params, tokens, at, from);
        results[`k.${at.layer}`] = k;
        results[`v.${at.layer}`] = v;
      }
      return results;
    },
  };
}
