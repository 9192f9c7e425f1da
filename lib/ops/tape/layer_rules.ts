import type { LossOps } from "../loss_ops.ts";
import type { GradientOps } from "./gradient_ops.ts";
import { once, record, type RuleContext, sumLike } from "./rule.ts";
import type { Taped } from "./tape.ts";

type LayerRules<T> = Pick<
  LossOps<Taped<T>>,
  "conv2d" | "linear" | "embedding" | "groupNorm" | "layerNorm"
>;

/** The layers that have weights. */
export function layerRules<T>(context: RuleContext<T>): LayerRules<T> {
  const { tape, ops } = context;
  return {
    conv2d: (x, weight, bias, options = {}) => {
      const image = tape.read(x), kernel = tape.read(weight);
      const shift = bias && tape.read(bias);
      const y = ops.conv2d(image, kernel, shift, options);
      return record(
        context,
        bias === undefined ? [x, weight] : [x, weight, bias],
        y,
        (dy) => [
          () => ops.conv2dByInput(dy, kernel, image, options),
          () => ops.conv2dByWeight(dy, image, kernel, options),
          () => ops.sumBatchPixels(dy),
        ],
      );
    },
    linear: (x, weight, bias) => linear(context, x, weight, bias),
    embedding: (ids, table) => {
      const places = tape.read(ids), rows = tape.read(table);
      return record(context, [ids, table], ops.embedding(places, rows), (
        dy,
      ) => [undefined, () => ops.addRows(places, dy, rows)]);
    },
    groupNorm: (x, weight, bias, { groups, eps }) => {
      const image = tape.read(x), factor = tape.read(weight);
      const { normal, inverse } = ops.normalize(
        ops.groupRows(image, groups),
        eps,
      );
      const even = ops.ungroupRows(normal, image);
      const spread = ops.overPixels(factor);
      const y = ops.add(
        ops.mul(even, spread),
        ops.overPixels(tape.read(bias)),
      );
      return record(context, [x, weight, bias], y, (dy) => [
        () => {
          const rows = ops.groupRows(ops.mul(dy, spread), groups);
          const dx = normalSlope(ops, rows, { normal, inverse });
          return ops.ungroupRows(dx, image);
        },
        () => ops.sumBatchPixels(ops.mul(dy, even)),
        () => ops.sumBatchPixels(dy),
      ]);
    },
    layerNorm: (x, weight, bias, eps) => {
      const factor = tape.read(weight), shift = tape.read(bias);
      const { normal, inverse } = ops.normalize(tape.read(x), eps);
      const y = ops.add(ops.mul(normal, factor), shift);
      return record(context, [x, weight, bias], y, (dy) => [
        () => normalSlope(ops, ops.mul(dy, factor), { normal, inverse }),
        () => sumLike(ops, ops.mul(dy, normal), factor),
        () => sumLike(ops, dy, shift),
      ]);
    },
  };
}

/** `y = x · wᵀ + b` row by row: `dx = dy · w`, `dw = dyᵀ · x`. */
function linear<T>(
  context: RuleContext<T>,
  x: Taped<T>,
  weight: Taped<T>,
  bias: Taped<T> | undefined,
): Taped<T> {
  const { tape, ops } = context;
  const value = tape.read(x), matrix = tape.read(weight);
  const shape = ops.shapeOf(value);
  const flat = (x: T) => {
    const shape = ops.shapeOf(x), width = shape.at(-1)!;
    if (shape.length === 2) return x;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    return ops.reshape(x, [rows, width]);
  };
  const y = ops.linear(value, matrix, bias && tape.read(bias));
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return record(context, inputs, y, (dy) => {
    const rows = once(() => flat(dy));
    return [
      () => {
        const dx = ops.product(rows(), matrix);
        return shape.length === 2 ? dx : ops.reshape(dx, shape);
      },
      () => ops.product(rows(), flat(value), { transposeA: true }),
      () => {
        const sum = ops.sumAxes(rows(), [0]);
        return ops.reshape(sum, [ops.shapeOf(sum)[1]!]);
      },
    ];
  });
}

/** `dx` of a normal form: `(g − mean(g) − x̂·mean(g ⊙ x̂)) / √(σ² + eps)`. */
function normalSlope<T>(
  ops: GradientOps<T>,
  g: T,
  { normal, inverse }: { normal: T; inverse: T },
): T {
  const part = 1 / ops.shapeOf(g).at(-1)!;
  const mean = ops.scale(ops.sumWidth(g), part);
  const along = ops.scale(ops.sumWidth(ops.mul(g, normal)), part);
  const rest = ops.sub(ops.sub(g, mean), ops.mul(normal, along));
  return ops.mul(rest, inverse);
}
