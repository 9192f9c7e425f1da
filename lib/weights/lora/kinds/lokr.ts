import type { AddRows, DifferenceKind } from "../difference_kind.ts";
import { factorSize, readWhole } from "../difference_tensors.ts";

/** LoKr: the Kronecker product of two factors, each whole or itself a product (Yeh et al. 2024). */
export const lokr: DifferenceKind = {
  name: "lokr",
  endings: [
    [/\.lokr_w1$/, "lokr_w1"],
    [/\.lokr_w1_a$/, "lokr_w1_a"],
    [/\.lokr_w1_b$/, "lokr_w1_b"],
    [/\.lokr_w2$/, "lokr_w2"],
    [/\.lokr_w2_a$/, "lokr_w2_a"],
    [/\.lokr_w2_b$/, "lokr_w2_b"],
  ],
  roles: [
    ["lokr_w1", "lokr_w2"],
    ["lokr_w1", "lokr_w2_a", "lokr_w2_b"],
    ["lokr_w1_a", "lokr_w1_b", "lokr_w2"],
    ["lokr_w1_a", "lokr_w1_b", "lokr_w2_a", "lokr_w2_b"],
  ],
  ranked: ["lokr_w2_b", "lokr_w1_b"],
  size(one) {
    const outer = factorSize(one, "lokr_w1");
    const inner = factorSize(one, "lokr_w2");
    if (outer === undefined || inner === undefined) return undefined;
    return [outer[0] * inner[0], outer[1] * inner[1]];
  },
  open: async (one, factor) =>
    kronecker({
      outer: await readWhole(one, "lokr_w1"),
      inner: await readWhole(one, "lokr_w2"),
      sizes: [factorSize(one, "lokr_w1")!, factorSize(one, "lokr_w2")!],
      factor,
    }),
};

/** The Kronecker product: each value of `outer` times the whole of `inner`. */
function kronecker(
  product: {
    outer: Float32Array;
    inner: Float32Array;
    sizes: readonly [readonly [number, number], readonly [number, number]];
    factor: number;
  },
): AddRows {
  const { outer, inner, factor } = product;
  const [[, columns], [height, width]] = product.sizes;
  return (x, { from, rows }) => {
    for (let row = 0; row < rows; row++) {
      const i = Math.floor((from + row) / height);
      const p = (from + row) % height;
      for (let j = 0; j < columns; j++) {
        const value = factor * outer[i * columns + j]!;
        const to = (row * columns + j) * width;
        for (let q = 0; q < width; q++) {
          x[to + q]! += value * inner[p * width + q]!;
        }
      }
    }
  };
}
