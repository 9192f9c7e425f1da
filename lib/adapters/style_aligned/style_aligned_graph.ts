import type { AdapterGraph, Hooks, SelfParts } from "../../bases/hooks.ts";
import type { AttentionSite } from "../../bases/places.ts";
import type { Ops } from "../../ops/ops.ts";
import { adain } from "./adain.ts";
import { shiftOf } from "./styled_graph.ts";
import { joinPictures, type StyleBatch, styleRows } from "./style_rows.ts";

/** Switches of StyleAligned, with its names. */
export interface StyleAlignedSettings extends StyleBatch {
  /** Which of queries, keys and values get the style's statistics. @default {queries and keys} */
  readonly adain?: { q?: boolean; k?: boolean; v?: boolean };
  /** Whether group norms take their statistics of picture and style together. @default {false} */
  readonly groupNorm?: boolean;
  /** Added to the scores of the style's keys. @default {0} */
  readonly shift?: number;
  /** Factor of the style's keys, for the other pictures. @default {1} */
  readonly scale?: number;
  /** Self-attention layers that are left plain, by their place. @default {none} */
  readonly skip?: readonly number[];
  /** Whether each picture attends to all others, as they are, not to the style alone. @default {false} */
  readonly full?: boolean;
}

/**
 * StyleAligned in a denoiser's graph (Hertz et al. 2024): in every self-attention, pictures attend to
 * the first one's keys and values beside their own, with its statistics.
 */
export function styleAlignedGraph(
  settings: StyleAlignedSettings,
): AdapterGraph {
  const { pictures, branches, groupNorm = false } = settings;
  return {
    prefix: `style_aligned_${branches}x${pictures}`,
    acts: groupNorm ? ["self", "groupNorm"] : ["self"],
    hooks: <T>(ops: Ops<T>): Hooks<T> => ({
      self: (at, parts) =>
        settings.skip?.includes(at.layer)
          ? parts
          : shared(ops, at, parts, settings),
      ...(groupNorm ? { groupNorm: sharedNorm(ops, settings) } : {}),
    }),
  };
}

function shared<T>(
  ops: Ops<T>,
  { size }: AttentionSite,
  { q, k, v }: SelfParts<T>,
  settings: StyleAlignedSettings,
): SelfParts<T> {
  const tokens = size.height * size.width;
  const { adain: which = {}, shift = 0, scale = 1, full } = settings;
  if (full) return everyone(ops, { q, k, v }, { ...settings, tokens });
  const styled = (x: T, on: boolean) =>
    on
      ? adain(ops, x, {
        reference: styleRows(ops, x, { ...settings, tokens }),
        tokens,
      })
      : x;
  const own = {
    q: styled(q, which.q ?? true),
    k: styled(k, which.k ?? true),
    v: styled(v, which.v ?? false),
  };
  const style = (x: T) => styleRows(ops, x, { ...settings, tokens });
  const keys = scale === 1
    ? style(own.k)
    : ops.mul(style(own.k), rowFactors(ops, settings));
  return {
    q: own.q,
    k: ops.concatTokens([own.k, keys]),
    v: ops.concatTokens([own.v, style(own.v)]),
    bias: shift === 0 ? undefined : shiftOf(ops, tokens, shift),
  };
}

/** Keys and values of all pictures of a branch, for each of them. */
function everyone<T>(
  ops: Ops<T>,
  { q, k, v }: SelfParts<T>,
  batch: StyleBatch & { tokens: number },
): SelfParts<T> {
  const { pictures, branches } = batch;
  const each = (x: T) => {
    const rows = ops.stackRows(joinPictures(ops, x, batch));
    const repeated = Array.from({ length: branches }, (_, branch) => {
      const row = ops.sliceTokens(rows, branch, 1);
      return Array<T>(pictures).fill(row);
    });
    return ops.unstackRows(
      ops.concatTokens(repeated.flat()),
      pictures * batch.tokens,
    );
  };
  return { q, k: each(k), v: each(v) };
}

/** 1 for the style itself, the factor for the others, `[N, 1, 1]`. */
function rowFactors<T>(
  ops: Ops<T>,
  { pictures, branches, scale = 1 }: StyleAlignedSettings,
): T {
  const rows = pictures * branches;
  const factors = Float32Array.from(
    { length: rows },
    (_, row) => row % pictures === 0 ? 1 : scale,
  );
  return ops.constant([rows, 1, 1], factors);
}

/** Group normalisation with the statistics of picture and style together. */
function sharedNorm<T>(
  ops: Ops<T>,
  batch: StyleBatch,
): NonNullable<Hooks<T>["groupNorm"]> {
  return (x, weight, bias, options) => {
    const size = ops.sizeOf(x);
    const tokens = size.height * size.width;
    const own = ops.tokens(x);
    const style = styleRows(ops, own, { ...batch, tokens });
    const both = ops.image(ops.concatTokens([own, style]), {
      height: 2 * size.height,
      width: size.width,
    });
    const normal = ops.tokens(ops.groupNorm(both, weight, bias, options));
    return ops.image(ops.sliceTokens(normal, 0, tokens), size);
  };
}
