import { assertAlmostEquals, assertEquals } from "@std/assert";
import { tensor } from "../../../../lib/core/tensor.ts";
import { floats } from "../../../../lib/core/tensor_rows.ts";
import { weighHidden } from "../../../../lib/encoders/captions/weigh_hidden.ts";

const hidden = tensor([2, 2, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const empty = tensor([1, 2, 2], Float32Array.of(1, 1, 1, 1));

Deno.test("weights of 1 leave hidden states as they are", () => {
  for (const weighting of ["a1111", "comfyui"] as const) {
    const same = weighHidden(hidden, [1, 1, 1, 1], { weighting, empty });
    assertEquals(same, hidden);
  }
});

Deno.test("A1111's weights multiply and restore the mean of their text", () => {
  const made = weighHidden(hidden, [1, 1, 1, 2], { weighting: "a1111" });
  const [first, second] = [0, 4].map((at) =>
    floats(made).slice(at, at + 4).reduce((a, b) => a + b) / 4
  );
  assertEquals(first, 2.5);
  assertAlmostEquals(second!, 6.5, 1e-6);
  assertAlmostEquals(floats(made)[6]! / floats(made)[4]!, 14 / 5, 1e-6);
});

Deno.test("ComfyUI's weights move words away from the empty text", () => {
  const made = weighHidden(hidden, [0, 2, 1, 1], {
    weighting: "comfyui",
    empty,
  });
  assertEquals([...floats(made)], [1, 1, 5, 7, 5, 6, 7, 8]);
});
