import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import { number, square } from "../../loop/loss_parts.ts";

/** Side of the windows that detail is compared in, in pixels. */
const window = 8;

/** Mean square of differences below which a window counts as flat, for values in −1..1. */
const flat = 1e-4;

/**
 * How far the detail of a picture is from the truth's, a scalar. Detail is the root of the mean
 * squared difference of neighbours in windows of 8 × 8 pixels. Where a decoder cannot know an edge's
 * place, an absolute error alone is least for a blurred one.
 *
 * @param side Side of the pictures `[N, side², C]`, in pixels; a multiple of 8.
 */
export function detailLoss<T>(
  ops: LossOps<T>,
  { picture, truth }: { picture: T; truth: T },
  side: number,
): T {
  const apart = ops.sub(
    detail(ops, picture, side),
    detail(ops, truth, side),
  );
  return ops.mean(ops.abs(apart));
}

/** Detail of each window, `[N, side / 8, side / 8]`. */
function detail<T>(ops: LossOps<T>, x: T, side: number): T {
  const squares = ops.add(
    square(ops, ops.sub(below(ops, x, side), x)),
    square(ops, ops.sub(right(ops, x, side), x)),
  );
  const runs = ops.sumWidth(regroup(ops, squares, side * side / window));
  const rows = ops.splitWidth(regroup(ops, runs, side / window), window);
  const sums = rows.reduce((sum, row) => ops.add(sum, row));
  // a mean over the window's pixels, summed over channels
  const means = ops.scale(sums, 1 / window ** 2);
  return ops.sqrt(ops.add(means, number(ops, flat)));
}

/** The same values, row by row, as `tokens` tokens. */
function regroup<T>(ops: LossOps<T>, x: T, tokens: number): T {
  return ops.unstackRows(ops.stackRows(x), tokens);
}

/** Each pixel's neighbour below; the last row has itself. */
function below<T>(ops: LossOps<T>, x: T, side: number): T {
  const rest = side * (side - 1);
  return ops.concatTokens([
    ops.sliceTokens(x, side, rest),
    ops.sliceTokens(x, rest, side),
  ]);
}

/** Each pixel's neighbour to the right; the last of a row has itself. */
function right<T>(ops: LossOps<T>, x: T, side: number): T {
  const count = side * side;
  const next = ops.concatTokens([
    ops.sliceTokens(x, 1, count - 1),
    ops.sliceTokens(x, count - 1, 1),
  ]);
  const last = Float32Array.from(
    { length: count },
    (_, i) => i % side === side - 1 ? 1 : 0,
  );
  const own = ops.mul(x, ops.constant([1, count, 1], last));
  const others = ops.constant([1, count, 1], last.map((value) => 1 - value));
  return ops.add(own, ops.mul(next, others));
}
