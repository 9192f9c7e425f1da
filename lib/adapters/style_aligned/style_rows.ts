/** Rows of a batch of several pictures whose first one is the style of the others. */

import type { Ops } from "../../ops/ops.ts";

/** How a batch is made: each branch (unconditional, conditional) holds all pictures. */
export interface StyleBatch {
  /** Pictures, the style first. */
  readonly pictures: number;
  /** Branches: 2 with guidance, 1 without. */
  readonly branches: number;
}

/** The style's row of its branch for every row of a batch, `[N, tokens, width]`. */
export function styleRows<T>(
  ops: Ops<T>,
  x: T,
  { pictures, branches, tokens }: StyleBatch & { tokens: number },
): T {
  const rows = ops.stackRows(x);
  const chosen = Array.from({ length: branches }, (_, branch) => {
    const row = ops.sliceTokens(rows, branch * pictures, 1);
    return Array<T>(pictures).fill(row);
  });
  return ops.unstackRows(ops.concatTokens(chosen.flat()), tokens);
}

/** All pictures of a branch as one row each, `[branches, pictures · tokens, width]`. */
export function joinPictures<T>(
  ops: Ops<T>,
  x: T,
  { pictures, branches, tokens }: StyleBatch & { tokens: number },
): T {
  const rows = ops.stackRows(x);
  const whole = Array.from({ length: branches }, (_, branch) => {
    const own = Array.from(
      { length: pictures },
      (_, i) =>
        ops.unstackRows(
          ops.sliceTokens(rows, branch * pictures + i, 1),
          tokens,
        ),
    );
    return ops.stackRows(ops.concatTokens(own));
  });
  return ops.unstackRows(ops.concatTokens(whole), pictures * tokens);
}
