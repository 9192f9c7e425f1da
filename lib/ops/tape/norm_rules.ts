/**
 * Normalisations `y = γ x̂ + β`. With `g = γ ⊙ dy` the derivative by `x` is
 * `(g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(σ² + eps)`. The sums that the derivatives by `γ` and `β` need
 * give both means.
 */

import { once, record, type RuleContext, sumLike } from "./rule.ts";
import type { Taped } from "./tape.ts";

type Weighted<T> = readonly [x: Taped<T>, weight: Taped<T>, bias: Taped<T>];

/** Normalisation over groups of an image's channels. */
export function groupNorm<T>(
  context: RuleContext<T>,
  inputs: Weighted<T>,
  options: { groups: number; eps: number },
): Taped<T> {
  const { tape, ops } = context;
  const { groups } = options;
  const [image, factor, shift] = inputs.map((one) => tape.read(one)) as [
    T,
    T,
    T,
  ];
  if (!inputs.some(({ depends }) => depends)) {
    return tape.constant(ops.groupNorm(image, factor, shift, options));
  }
  const { normal: even, inverse } = ops.normalizeGroups(image, options);
  const y = ops.within(() => {
    const scaled = ops.mul(even, ops.overPixels(factor));
    return ops.add(scaled, ops.overPixels(shift));
  });
  const { height, width } = ops.sizeOf(image);
  const channels = ops.channelsOf(image), each = channels / groups;
  const cells = height * width * each, [batch] = ops.shapeOf(inverse);
  const grouped = (x: T) => ops.reshape(x, [batch!, groups, each]);
  const spread = (x: T) =>
    ops.overPixels(
      ops.reshape(ops.expand(x, [batch!, groups, each]), [batch!, channels]),
    );
  return record(context, inputs, y, (dy) => {
    const sums = once(() => ops.sumPixels(dy));
    const along = once(() => ops.sumPixels(ops.mul(dy, even)));
    const factors = ops.reshape(factor, [groups, each]);
    /** Mean of `γ ⊙ x` over a group, divided by its deviation. */
    const mean = (x: T) => {
      const sum = ops.sumWidth(ops.mul(grouped(x), factors));
      return spread(ops.mul(ops.scale(sum, 1 / cells), inverse));
    };
    const overBatch = (x: T) => ops.reshape(ops.sumAxes(x, [0]), [channels]);
    return [
      () => {
        const steep = ops.reshape(ops.mul(factors, inverse), [
          batch!,
          channels,
        ]);
        const own = ops.mul(dy, ops.overPixels(steep));
        const rest = ops.sub(own, ops.mul(even, mean(along())));
        return ops.sub(rest, mean(sums()));
      },
      () => overBatch(along()),
      () => overBatch(sums()),
    ];
  });
}

/** Normalisation along the last axis. */
export function layerNorm<T>(
  context: RuleContext<T>,
  inputs: Weighted<T>,
  eps: number,
): Taped<T> {
  const { tape, ops } = context;
  const [value, factor, shift] = inputs.map((one) => tape.read(one)) as [
    T,
    T,
    T,
  ];
  if (!inputs.some(({ depends }) => depends)) {
    return tape.constant(ops.layerNorm(value, factor, shift, eps));
  }
  const { normal, inverse } = ops.normalize(value, eps);
  const y = ops.within(() => ops.add(ops.mul(normal, factor), shift));
  const width = ops.shapeOf(value).at(-1)!;
  return record(context, inputs, y, (dy) => {
    const along = once(() => ops.mul(dy, normal));
    const column = ops.reshape(ops.scale(factor, 1 / width), [width, 1]);
    /** Mean of `γ ⊙ x`. */
    const mean = (x: T) => ops.product(x, column);
    return [
      () => {
        const own = ops.sub(ops.mul(dy, factor), mean(dy));
        const rest = ops.sub(own, ops.mul(normal, mean(along())));
        return ops.mul(rest, inverse);
      },
      () => sumLike(ops, along(), factor),
      () => sumLike(ops, dy, shift),
    ];
  });
}
