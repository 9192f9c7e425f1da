import type { AdapterGraph, Hooks } from "../../bases/hooks.ts";
import type { AttentionSite, Places } from "../../bases/places.ts";
import type { Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import {
  groupStatistics,
  normNames,
  normSignatures,
} from "./group_statistics.ts";
import { tokenStatistics } from "./adain.ts";

/** Values of a style's self-attention that its pictures read, in one layer. */
const styleParts = [
  ...["k", "v"],
  ...["q", "k", "v"].flatMap((part) => [`${part}_mean`, `${part}_deviation`]),
] as const;

/**
 * Names and shapes of {@linkcode styleParts} in all self-attention layers, and of the statistics of
 * group norms where a picture shares those.
 */
export function styleSignatures(
  { sites, norms }: Places,
  groupNorm: boolean,
): Record<string, Signature> {
  const own = sites.filter(({ kind }) => kind === "self");
  const layers = Object.fromEntries(
    own.flatMap(({ layer, width, size }) =>
      styleParts.map((part) => {
        const tokens = part.length === 1 ? size.height * size.width : 1;
        const shape = ["batch", tokens, width];
        return [`${part}.${layer}`, { kind: "float" as const, shape }];
      })
    ),
  );
  return groupNorm && norms ? { ...layers, ...normSignatures(norms) } : layers;
}

/**
 * The denoiser as it is, whose outputs are the keys and values of all self-attention layers with the
 * statistics of queries, keys and values: what a style gives to the pictures beside it.
 *
 * @param groupNorm Whether the statistics of group norms are outputs too.
 */
export function styleSourceGraph(groupNorm: boolean): AdapterGraph {
  return {
    prefix: groupNorm ? "style_source_norms" : "style_source",
    acts: [],
    outputs: (places) => styleSignatures(places, groupNorm),
    hooks: <T>(
      ops: Ops<T>,
      _params: unknown,
      _inputs: unknown,
      { norms }: Places,
      put?: (name: string, value: T) => void,
    ): Hooks<T> => ({
      self: (at, parts) => {
        const found = partsOf(ops, at, parts);
        for (const part of styleParts) {
          put!(`${part}.${at.layer}`, found[part]!);
        }
        return parts;
      },
      ...(groupNorm ? { groupNorm: sourceNorm(ops, norms!.first, put!) } : {}),
    }),
  };
}

/** Group normalisation as it is, whose statistics are put out. */
function sourceNorm<T>(
  ops: Ops<T>,
  first: number,
  put: (name: string, value: T) => void,
): NonNullable<Hooks<T>["groupNorm"]> {
  let place = first;
  return (x, weight, bias, shape) => {
    const { mean, variance } = groupStatistics(ops, x, shape);
    const names = normNames(place++);
    put(names.mean, mean);
    put(names.variance, variance);
    return ops.groupNorm(x, weight, bias, shape);
  };
}

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
