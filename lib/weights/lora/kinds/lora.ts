import { addProduct } from "../../../ops/add_product.ts";
import type { DifferenceKind } from "../difference_kind.ts";
import {
  factorRows,
  productSize,
  readFactors,
  shapeOf,
} from "../difference_tensors.ts";

/** LoRA: the product of two factors (Hu et al. 2021). */
export const lora: DifferenceKind = {
  name: "lora",
  endings: [
    [/\.lora_down\.weight$/, "down"],
    [/\.lora_up\.weight$/, "up"],
    [/\.lora_A(\.[\w-]+?)?(\.weight)?$/, "down"],
    [/\.lora_B(\.[\w-]+?)?(\.weight)?$/, "up"],
    [/\.lora(_linear_layer)?\.down(\.weight)?$/, "down"],
    [/\.lora(_linear_layer)?\.up(\.weight)?$/, "up"],
  ],
  roles: [["down", "up"]],
  reads: "down",
  ranked: ["down"],
  size: (one) => productSize(shapeOf(one, "up"), shapeOf(one, "down")),
  async open(one, factor) {
    const factors = await readFactors(one, "up", "down");
    const down = factors.down.map((value) => value * factor);
    return (x, rows) =>
      addProduct(x, factorRows({ ...factors, down }, rows), 1);
  },
};
