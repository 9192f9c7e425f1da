import type { AddRows, DifferenceKind } from "../difference_kind.ts";
import { matrix, read, shapeOf } from "../difference_tensors.ts";

/** A difference that stands whole, as LyCORIS' full and norm modules do. */
export const full: DifferenceKind = {
  name: "full",
  endings: [[/\.diff$/, "diff"], [/\.w_norm$/, "diff"]],
  roles: [["diff"]],
  reads: "diff",
  size: (one) => matrix(shapeOf(one, "diff")),
  open: async (one) => addWhole(await read(one, "diff"), one.scale),
};

/** Adds rows of values that stand whole. */
export function addWhole(difference: Float32Array, factor: number): AddRows {
  return (x, { from, of }) => {
    const start = from * difference.length / of;
    for (let i = 0; i < x.length; i++) x[i]! += factor * difference[start + i]!;
  };
}
