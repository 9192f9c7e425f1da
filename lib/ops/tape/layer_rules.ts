import type { LossOps } from "../loss_ops.ts";
import { groupNorm, layerNorm } from "./norm_rules.ts";
import { once, record, type RuleContext } from "./rule.ts";
import type { Taped } from "./tape.ts";

type LayerRules<T> = Pick<
  LossOps<Taped<T>>,
  "conv2d" | "linear" | "embedding" | "groupNorm" | "layerNorm" | "splitWidth"
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
    splitWidth: (x, parts) => splitWidth(context, x, parts),
    embedding: (ids, table) => {
      const places = tape.read(ids), rows = tape.read(table);
      return record(context, [ids, table], ops.embedding(places, rows), (
        dy,
      ) => [undefined, () => ops.addRows(places, dy, rows)]);
    },
    groupNorm: (x, weight, bias, options) =>
      groupNorm(context, [x, weight, bias], options),
    layerNorm: (x, weight, bias, eps) =>
      layerNorm(context, [x, weight, bias], eps),
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
  const result = record(context, inputs, y, (dy) => {
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
  context.linears.set(result, { x, weight, bias });
  return result;
}

/**
 * Equal parts along the last axis. Of a trained layer the weights are cut, which are fewer than its
 * results.
 */
function splitWidth<T>(
  context: RuleContext<T>,
  x: Taped<T>,
  parts: number,
): Taped<T>[] {
  const { ops } = context;
  const layer = context.linears.get(x);
  if (layer?.weight.depends) {
    const { weight, bias } = layer;
    const weights = split(context, weight, parts, 0);
    const biases = bias && split(context, bias, parts, 0);
    return weights.map((one, i) => linear(context, layer.x, one, biases?.[i]));
  }
  return split(context, x, parts, ops.shapeOf(x.value).length - 1);
}

/** Cuts into equal parts along an axis: what no later operation reads counts as zero. */
function split<T>(
  { tape, ops }: RuleContext<T>,
  x: Taped<T>,
  parts: number,
  axis: number,
): Taped<T>[] {
  const value = tape.read(x), length = ops.shapeOf(value)[axis]! / parts;
  const values = Array.from(
    { length: parts },
    (_, i) => ops.slice(value, axis, i * length, length),
  );
  return tape.record([x], values, (...dys) => [
    () =>
      ops.concat(
        dys.map((dy, i) => dy ?? ops.scale(values[i]!, 0)),
        axis,
      ),
  ]);
}
