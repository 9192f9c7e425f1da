import type { AdapterGraph } from "../../bases/hooks.ts";
import type { AttentionSite, Places } from "../../bases/places.ts";
import type { Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import { tokenStatistics } from "./adain.ts";

/** Values of a style's self-attention that its pictures read, in one layer. */
export const styleParts = [
  ...["k", "v"],
  ...["q", "k", "v"].flatMap((part) => [`${part}_mean`, `${part}_deviation`]),
] as const;

/** Names and shapes of {@linkcode styleParts} in all self-attention layers. */
export function styleSignatures({ sites }: Places): Record<string, Signature> {
  const own = sites.filter(({ kind }) => kind === "self");
  return Object.fromEntries(
    own.flatMap(({ layer, width, size }) =>
      styleParts.map((part) => {
        const tokens = part.length === 1 ? size.height * size.width : 1;
        const shape = ["batch", tokens, width];
        return [`${part}.${layer}`, { kind: "float" as const, shape }];
      })
    ),
  );
}

/**
 * The denoiser as it is, whose outputs are the keys and values of all self-attention layers with the
 * statistics of queries, keys and values: what a style gives to the pictures beside it.
 */
export const styleSourceGraph: AdapterGraph = {
  prefix: "style_source",
  acts: [],
  outputs: styleSignatures,
  hooks: (ops, _params, _inputs, _places, put) => ({
    self: (at, parts) => {
      const found = partsOf(ops, at, parts);
      for (const part of styleParts) {
        put!(`${part}.${at.layer}`, found[part]!);
      }
      return parts;
    },
  }),
};

function partsOf<T>(
  ops: Ops<T>,
  { size }: AttentionSite,
  { q, k, v }: { q: T; k: T; v: T },
): Values<T> {
  const tokens = size.height * size.width;
  const found: Record<string, T> = { k, v };
  for (const [name, x] of Object.entries({ q, k, v })) {
    const { mean, deviation } = tokenStatistics(ops, x, tokens);
    found[`${name}_mean`] = mean;
    found[`${name}_deviation`] = deviation;
  }
  return found;
}
