import type { AdapterGraph } from "../../bases/hooks.ts";
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

function float(...shape: (number | string)[]): Signature {
  return { kind: "float", shape };
}
