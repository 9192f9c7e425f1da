import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Places } from "../../bases/places.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { Signature } from "../../ops/executor.ts";

/**
 * Bounded Attention in a denoiser's graph (Dahary et al. 2024): scores of pairs that do not see each
 * other are hidden, in self-attention and in attention to the text.
 */
export const boundedGraph: AdapterGraph = {
  prefix: "bounded",
  acts: ["self", "cross"],
  alone: ["self", "cross", "around"],
  sizeInputs: (size) => {
    const queries = size.height * size.width;
    const key = sizeKey(size);
    return {
      [`cells.${key}`]: float(1, queries, queries),
      [`tokens.${key}`]: float("batch", queries, "text_tokens"),
    };
  },
  hooks: (ops, _, inputs) => ({
    self: ({ size }, parts) => ({
      ...parts,
      bias: inputs[`cells.${sizeKey(size)}`]!,
    }),
    cross: ({ size, heads }, q, { k, v }) =>
      ops.attention(q, k, v, {
        heads,
        bias: inputs[`tokens.${sizeKey(size)}`]!,
      }),
  }),
};

/** The same, whose outputs are the queries of all layers too, and the keys of self-attention. */
export const watchedBoundedGraph: AdapterGraph = {
  ...boundedGraph,
  outputs: ({ sites }: Places) =>
    Object.fromEntries(sites.flatMap(({ kind, layer, width, size }) => {
      const one = float("batch", size.height * size.width, width);
      return kind === "cross" ? [[`query.${layer}`, one]] : [
        [`self_query.${layer}`, one],
        [`self_key.${layer}`, one],
      ];
    })),
  hooks: (ops, params, inputs, places, put) => {
    const hooks = boundedGraph.hooks(ops, params, inputs, places, put);
    return {
      self: (at, parts) => {
        put!(`self_query.${at.layer}`, parts.q);
        put!(`self_key.${at.layer}`, parts.k);
        return hooks.self!(at, parts);
      },
      cross: (at, q, text) => {
        put!(`query.${at.layer}`, q);
        return hooks.cross!(at, q, text);
      },
    };
  },
};

function float(...shape: (number | string)[]): Signature {
  return { kind: "float", shape };
}
