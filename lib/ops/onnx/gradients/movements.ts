/** Operations on ONNX values whose shapes are numbers, which move, repeat or sum elements. */

import { sizeOf } from "../../../core/tensor.ts";
import type { GraphBuilder, OnnxValue } from "../graph.ts";

/**
 * The shape of a value in numbers.
 *
 * @throws {TypeError} if an axis is known by name only.
 */
export function numbers({ name, shape }: OnnxValue): number[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw new TypeError(
      `Derivatives need all sizes: "${name}" has an axis "${dim}"`,
    );
  });
}

/** The same elements in another shape. */
export function reshapeTo(
  graph: GraphBuilder,
  x: OnnxValue,
  shape: readonly number[],
): OnnxValue {
  const { reshaped = x } = x;
  for (const known of [x, reshaped]) {
    if (String(known.shape) === String(shape)) return known;
  }
  const other = graph.node("Reshape", [reshaped, graph.integers(shape)], shape);
  return { ...other, reshaped };
}

/** The axes in another order. */
export function transpose(
  graph: GraphBuilder,
  x: OnnxValue,
  order: readonly number[],
): OnnxValue {
  return graph.node("Transpose", [x], order.map((axis) => x.shape[axis]!), {
    attributes: { perm: { ints: order } },
  });
}

/** Sum along axes, which are kept with length one. */
export function sumAxes(
  graph: GraphBuilder,
  x: OnnxValue,
  axes: readonly number[],
): OnnxValue {
  if (axes.length === 0) return x;
  const shape = x.shape.map((dim, axis) => axes.includes(axis) ? 1 : dim);
  return graph.node("ReduceSum", [x, graph.integers(axes)], shape);
}

/** A part of one axis. */
export function slice(
  graph: GraphBuilder,
  x: OnnxValue,
  { axis, start, length }: { axis: number; start: number; length: number },
): OnnxValue {
  if (start === 0 && length === x.shape[axis]) return x;
  const bounds = [start, start + length, axis].map((value) =>
    graph.integers([value])
  );
  return graph.node("Slice", [x, ...bounds], x.shape.with(axis, length));
}

/** Zeros before and after along one axis. */
export function pad(
  graph: GraphBuilder,
  x: OnnxValue,
  { axis, before, after }: { axis: number; before: number; after: number },
): OnnxValue {
  if (before === 0 && after === 0) return x;
  const shape = numbers(x);
  const around = [
    ...shape.map((_, i) => i === axis ? before : 0),
    ...shape.map((_, i) => i === axis ? after : 0),
  ];
  const length = before + shape[axis]! + after;
  return graph.node(
    "Pad",
    [x, graph.integers(around)],
    shape.with(axis, length),
  );
}

/**
 * The transpose of a nearest-neighbour enlargement: by means over the copies where each pixel has as
 * many, else by products with the tables of what was copied where.
 */
export function sumCopies(
  graph: GraphBuilder,
  dy: OnnxValue,
  x: OnnxValue,
): OnnxValue {
  const shape = numbers(x), larger = numbers(dy);
  const [height, width] = shape.slice(2) as [number, number];
  const [rows, columns] = larger.slice(2) as [number, number];
  if (rows % height === 0 && columns % width === 0) {
    const copies = [rows / height, columns / width];
    const mean = graph.node("AveragePool", [dy], shape, {
      attributes: { kernel_shape: { ints: copies }, strides: { ints: copies } },
    });
    const count = graph.floats([copies[0]! * copies[1]!], []);
    return graph.node("Mul", [mean, count], shape);
  }
  const across = copyTable(columns, width), down = copyTable(rows, height);
  const narrow = graph.node(
    "MatMul",
    [dy, graph.floats(across, [columns, width])],
    larger.with(3, width),
  );
  return graph.node(
    "FusedMatMul",
    [graph.floats(down, [rows, height]), narrow],
    shape,
    { domain: "com.microsoft", attributes: { transA: { int: 1 } } },
  );
}

/** 1 where place `i` of `length` is a copy of place `j` of `from`. */
function copyTable(length: number, from: number): Float32Array {
  const table = new Float32Array(length * from);
  for (let i = 0; i < length; i++) {
    table[i * from + Math.floor(i * from / length)] = 1;
  }
  return table;
}

/**
 * All of `x` as a slice whose start is computed from an element of each of `after`, and is always 0:
 * a copy that onnxruntime cannot make before those were computed. Reshaped views would cost nothing,
 * but onnxruntime joins them to one whose shape it knows, and the shapes of `after` it knows
 * beforehand.
 */
export function barrier(
  graph: GraphBuilder,
  x: OnnxValue,
  after: readonly OnnxValue[],
): OnnxValue {
  if (x.shape.length === 0) return x;
  const elements = after.map((one) => {
    const flat = reshapeTo(graph, one, [sizeOf(numbers(one))]);
    return slice(graph, flat, { axis: 0, start: 0, length: 1 });
  });
  const joined = graph.node("Concat", elements, [elements.length], {
    attributes: { axis: { int: 0 } },
  });
  const whole = graph.node("Cast", [joined], joined.shape, {
    attributes: { to: { int: 7 } },
  });
  const zeros = graph.node("Mul", [whole, graph.integers([0])], joined.shape);
  const start = sumAxes(graph, zeros, [0]);
  const shape = numbers(x);
  const [length, axis] = [shape[0]!, 0].map((one) => graph.integers([one]));
  const copy = graph.node("Slice", [x, start, length!, axis!], [
    "sliced",
    ...shape.slice(1),
  ]);
  return reshapeTo(graph, copy, shape);
}
