import { assert, assertAlmostEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import { tfjsLossOps } from "../../../../lib/ops/tfjs/loss_ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import { detailLoss } from "../../../../train/pocket/losses/detail_loss.ts";

const tf = await openTfjs("wasm");
const ops = tfjsLossOps(tf);
const side = 16, cells = side * side * 3;

/** Loss of two pictures, pixel by pixel. */
function cost(picture: Float32Array, truth: Float32Array): number {
  const value = (data: Float32Array) => tf.tensor(data, [1, side * side, 3]);
  const loss = detailLoss(
    ops,
    { picture: value(picture), truth: value(truth) },
    side,
  );
  return loss.dataSync()[0]!;
}

const truth = Float32Array.from(
  { length: cells },
  (_, i) => Math.floor(i / 3 / side) % 4 < 2 ? 0.5 : -0.5,
);
const flat = new Float32Array(cells);

Deno.test("a picture has the detail of itself, wherever in a window it lies", () => {
  assertAlmostEquals(cost(truth, truth), 0, 1e-6);
  const moved = Float32Array.from(
    truth,
    (_, i) => truth[(i + 6 * side) % cells]!,
  );
  const apart = moved.reduce((sum, x, i) => sum + Math.abs(x - truth[i]!), 0);
  assert(apart / cells > 0.4);
  assert(cost(moved, truth) < 0.1 * cost(flat, truth));
});

Deno.test("the weaker the edges of a picture, the more it costs", () => {
  const costs = [1, 0.8, 0.5, 0].map((part) =>
    cost(truth.map((value) => part * value), truth)
  );
  assert(costs.every((value, i) => i === 0 || value > costs[i - 1]!));
});

Deno.test("noise that the truth lacks costs as well", () => {
  const noise = random(1, "noise").normals(cells);
  assert(cost(truth.map((x, i) => x + 0.3 * noise[i]!), truth) > 0.05);
});

Deno.test("detail is the root of the mean squared difference of neighbours in a window", () => {
  const step = Float32Array.from(
    { length: cells },
    (_, i) => Math.floor(i / 3) % side < 4 ? 1 : 0,
  );
  // one edge of height 1 in three channels, in each row of the two windows on the left
  const edge = Math.sqrt(3 / 8 + 1e-4) - Math.sqrt(1e-4);
  assertAlmostEquals(cost(step, flat), edge / 2, 1e-5);
});
