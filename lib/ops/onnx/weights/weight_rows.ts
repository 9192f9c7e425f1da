/** Rows of weights that a graph uses as weights of their own: they lie within the whole, uncopied. */

import type { WeightInfo } from "../../executor.ts";

/** One of equal parts of a weight along its first axis. */
export interface WeightRows {
  readonly part: number;
  readonly parts: number;
}

/** The name of some rows in a graph. */
export function nameOfRows(
  weight: string,
  { part, parts }: WeightRows,
): string {
  return `${weight}.rows_${part + 1}_of_${parts}`;
}

/** Shape and place of some rows, from those of the whole weight. */
export function infoOfRows(
  { shape, offset, length, ...rest }: WeightInfo,
  { part, parts }: WeightRows,
): WeightInfo {
  const bytes = length / parts;
  return {
    ...rest,
    shape: shape.with(0, shape[0]! / parts),
    offset: offset + part * bytes,
    length: bytes,
  };
}
