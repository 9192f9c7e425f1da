import { assertAlmostEquals, assertEquals } from "@std/assert";
import { guided } from "../../../../lib/pipeline/denoise/guided.ts";

const conditional = Float32Array.of(1, -2, 3, 0.5);
const perturbed = {
  scale: 3,
  prediction: Float32Array.of(0.5, -1, 3.5, 0),
};

/** Each value moved away from the perturbed prediction. */
const moved = [2.5, -5, 1.5, 2];

Deno.test("perturbed attention moves a prediction without guidance", () => {
  assertEquals([...guided(conditional, { guidance: 1, perturbed })], moved);
});

Deno.test("without guidance nothing is rescaled, as in diffusers", () => {
  const options = { guidance: 1, rescale: 0.7, perturbed };
  assertEquals([...guided(conditional, options)], moved);
});

Deno.test("rescaled in full, a guided prediction has the deviation of the conditional one", () => {
  const unconditional = Float32Array.of(0, 1, 0.5, -1);
  const both = Float32Array.of(...unconditional, ...conditional);
  const out = guided(both, { guidance: 4, rescale: 1, perturbed });
  assertAlmostEquals(deviation(out), deviation(conditional), 1e-5);
});

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}
