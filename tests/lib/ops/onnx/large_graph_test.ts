import { assertEquals } from "@std/assert";
import { weightTreatment } from "../../../../lib/ops/onnx/large_graph.ts";
import type { OnnxType } from "../../../../lib/ops/onnx/proto.ts";

/** Weights of so many values. */
const weights = (type: OnnxType, ...sizes: number[]) =>
  sizes.map((size, i) => ({
    name: `weight${i}`,
    ...{ type, shape: [size] },
    external: { file: "weights.safetensors", offset: 0, length: 2 * size },
  }));

Deno.test("small weights are laid out anew for convolutions and products", () => {
  for (const sizes of [[], [2 ** 27, 2 ** 27]]) {
    assertEquals(weightTreatment(weights("F32", ...sizes)), {
      graphOptimizationLevel: "all",
    });
  }
});

Deno.test("more than a gigabyte of weights in float32 stays where it lies, whatever it is stored in", () => {
  const unpacked = { extra: { session: { disable_prepacking: "1" } } };
  for (
    const [type, packing] of [
      ["F32", {}],
      ["F16", unpacked],
      ["BF16", unpacked],
    ] as const
  ) {
    assertEquals(weightTreatment(weights(type, 2 ** 27, 2 ** 27, 1)), {
      graphOptimizationLevel: "extended",
      ...packing,
    });
  }
});
