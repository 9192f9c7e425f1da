/**
 * Trained weights as one vector, and their gradients as another: hundreds of copies to a device and
 * back cost more time than their bytes.
 */

import { sizeOf } from "../../../core/tensor.ts";
import type { GraphBuilder, OnnxValue } from "../graph.ts";
import { graphNames } from "./graph_names.ts";
import { numbers, pad, reshapeTo, slice } from "./movements.ts";

/** Trained weights, and how they come. */
interface Weights {
  /** Their shapes. */
  readonly trained: ReadonlyMap<string, readonly number[]>;
  /** Their names in the order of one vector; absent where each comes by itself. */
  readonly joined?: readonly string[];
}

/** Returns the value of a trained weight, in the shape that a model asks for. */
export type PlaceWeight = (
  name: string,
  shape: readonly number[],
) => OnnxValue;

/**
 * Values of one row of the vectors; each weight begins a row. onnxruntime's CUDA kernels that cut and
 * join list every place along the axis: of single values that takes 15 ms each for five million.
 */
export const rowLength = 32;

/** Rows that a weight of so many values takes; the last may end in zeros. */
export function rowsOf(size: number): number {
  return Math.ceil(size / rowLength);
}

/** Trained weights as inputs of a graph, or as parts of one input. */
export function placeTrained(
  graph: GraphBuilder,
  { trained, joined }: Weights,
): PlaceWeight {
  if (joined === undefined) {
    return (name, shape) => ({ name: graphNames.weight(name), shape });
  }
  const rows = joined.map((name) => rowsOf(sizeOf(trained.get(name)!)));
  const whole = { name: graphNames.weights, shape: [sum(rows), rowLength] };
  const parts = graph.nodesOf(
    "Split",
    [whole, graph.integers(rows)],
    rows.map((count) => [count, rowLength]),
    { attributes: { axis: { int: 0 } } },
  );
  const places = new Map(joined.map((name, i) => [name, parts[i]!]));
  return (name, shape) => {
    const part = places.get(name)!, size = sizeOf(shape);
    const all = sizeOf(numbers(part));
    if (size === all) return reshapeTo(graph, part, shape);
    const flat = reshapeTo(graph, part, [all]);
    const cut = slice(graph, flat, { axis: 0, start: 0, length: size });
    return reshapeTo(graph, cut, shape);
  };
}

/** The gradients by `joined` as one matrix of rows, with zeros for those that are absent. */
export function joinGradients(
  graph: GraphBuilder,
  joined: readonly string[],
  { trained, gradientBy }: Pick<Weights, "trained"> & {
    readonly gradientBy: (name: string) => OnnxValue | undefined;
  },
): OnnxValue {
  const parts = joined.map((name) => {
    const gradient = gradientBy(name), size = sizeOf(trained.get(name)!);
    const shape = [rowsOf(size), rowLength], missing = sizeOf(shape) - size;
    if (gradient === undefined) return zeros(graph, shape);
    if (missing === 0) return reshapeTo(graph, gradient, shape);
    const flat = reshapeTo(graph, gradient, [size]);
    const filled = pad(graph, flat, { axis: 0, before: 0, after: missing });
    return reshapeTo(graph, filled, shape);
  });
  const total = sum(parts.map(({ shape }) => shape[0] as number));
  return graph.node("Concat", parts, [total, rowLength], {
    attributes: { axis: { int: 0 } },
  });
}

function zeros(graph: GraphBuilder, shape: readonly number[]): OnnxValue {
  const zero = graph.floats([0], [1]);
  return graph.node("Expand", [zero, graph.integers(shape)], shape);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
