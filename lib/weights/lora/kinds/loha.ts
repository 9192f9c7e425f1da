import { addProduct } from "../../../ops/add_product.ts";
import type { DifferenceKind } from "../difference_kind.ts";
import { factorRows, factorSize, readFactors } from "../difference_tensors.ts";

/** LoHa: two products of two factors, multiplied value by value (Hyeon-Woo et al. 2022). */
export const loha: DifferenceKind = {
  name: "loha",
  endings: [
    [/\.hada_w1_a$/, "hada_w1_a"],
    [/\.hada_w1_b$/, "hada_w1_b"],
    [/\.hada_w2_a$/, "hada_w2_a"],
    [/\.hada_w2_b$/, "hada_w2_b"],
  ],
  roles: [["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"]],
  reads: "hada_w1_b",
  ranked: ["hada_w1_b"],
  size(one) {
    const first = factorSize(one, "hada_w1");
    const second = factorSize(one, "hada_w2");
    return first?.join() === second?.join() ? first : undefined;
  },
  async open(one, factor) {
    const first = await readFactors(one, "hada_w1_a", "hada_w1_b");
    const second = await readFactors(one, "hada_w2_a", "hada_w2_b");
    return async (x, rows) => {
      const [a, b] = [new Float32Array(x.length), new Float32Array(x.length)];
      await addProduct(a, factorRows(first, rows), factor);
      await addProduct(b, factorRows(second, rows), 1);
      for (let i = 0; i < x.length; i++) x[i]! += a[i]! * b[i]!;
    };
  },
};
