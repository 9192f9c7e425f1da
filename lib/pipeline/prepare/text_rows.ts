import type { Tensor } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import type { TextConditioning } from "../../bases/text_conditioning.ts";
import type { KeyValues } from "../../bases/key_values.ts";

/** A batch with one row of another. */
export function replaceRow(x: Tensor, row: number, by: Tensor): Tensor {
  const parts = [
    ...(row > 0 ? [sliceBatch(x, 0, row)] : []),
    by,
    ...(row + 1 < x.shape[0]! ? [sliceBatch(x, row + 1, x.shape[0]!)] : []),
  ];
  return concatBatch(parts);
}

/** Keys and values with one row of others, in every layer. */
export function withRow(
  all: KeyValues,
  row: number,
  others: KeyValues,
): KeyValues {
  const taken = (x: Tensor, from: Tensor) =>
    replaceRow(x, row, sliceBatch(from, row, row + 1));
  return all.map(({ k, v }, i) => ({
    k: taken(k, others[i]!.k),
    v: taken(v, others[i]!.v),
  }));
}

/** The given rows of encoded texts. */
export function ofRows(
  { tokens, pooled, cuts }: TextConditioning,
  rows: readonly number[],
): TextConditioning {
  const pick = (x: Tensor) =>
    concatBatch(rows.map((row) => sliceBatch(x, row, row + 1)));
  return {
    tokens: pick(tokens),
    pooled: pooled && pick(pooled),
    cuts: rows.map((row) => cuts[row]),
  };
}
