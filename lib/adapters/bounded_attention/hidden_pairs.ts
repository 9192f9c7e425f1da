/** Which queries do not see which keys in Bounded Attention (Dahary et al. 2024). */

import type { FractionBox, Size } from "../../core/geometry.ts";
import { roundHalfEven } from "../../core/round_half_even.ts";

/** Cells of a box, 1 each: its edges go to the nearest cells, halves to the even one. */
export function roundedCells(box: FractionBox, size: Size): Float32Array {
  const { height, width } = size;
  const data = new Float32Array(height * width);
  const [x0, x1] = [box.x0, box.x1].map((x) => roundHalfEven(x * width));
  const [y0, y1] = [box.y0, box.y1].map((y) => roundHalfEven(y * height));
  for (let y = y0!; y < y1!; y++) {
    data.fill(1, y * width + x0!, y * width + x1!);
  }
  return data;
}

/**
 * Pairs of cells that do not see each other, `[Q · Q]`: those of different subjects. Cells of no
 * subject see all and are seen by all.
 *
 * @param cells Of each subject, 1 in its cells.
 */
export function hiddenCells(cells: readonly Float32Array[]): Float32Array {
  const count = cells[0]?.length ?? 0;
  const hidden = new Float32Array(count * count);
  const inside = (i: number) => cells.some((one) => one[i] !== 0);
  for (let q = 0; q < count; q++) {
    if (!inside(q)) continue;
    for (let k = 0; k < count; k++) {
      const together = cells.some((one) => one[q] !== 0 && one[k] !== 0);
      if (inside(k) && !together) hidden[q * count + k] = 1;
    }
  }
  return hidden;
}

/** Tokens of a caption, by what they are for. */
export interface BoundedTokens {
  /** Tokens in all. */
  readonly count: number;
  /** Tokens of each subject. */
  readonly subjects: readonly (readonly number[])[];
  /** Tokens that no query sees, such as those of function words. */
  readonly hidden: readonly number[];
  /** The token that ends the caption. */
  readonly end: number;
}

/**
 * Pairs of a cell and a token that do not see each other, `[Q · tokens]`: a subject's tokens are seen
 * in its cells alone. While guiding, cells of no subject see all subjects' tokens; else they do not
 * see the end token.
 */
export function hiddenTokens(
  cells: readonly Float32Array[],
  tokens: BoundedTokens,
  guiding: boolean,
): Float32Array {
  const queries = cells[0]?.length ?? 0;
  const hidden = new Float32Array(queries * tokens.count);
  for (let q = 0; q < queries; q++) {
    const outside = cells.every((one) => one[q] === 0);
    const hide = (token: number) => hidden[q * tokens.count + token] = 1;
    tokens.hidden.forEach(hide);
    if (outside && !guiding) hide(tokens.end);
    tokens.subjects.forEach((own, i) => {
      const seen = cells[i]![q] !== 0 || (outside && guiding);
      if (!seen) own.forEach(hide);
    });
  }
  return hidden;
}
