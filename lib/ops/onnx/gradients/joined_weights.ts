/**
 * Trained weights as one vector, and their gradients as another: hundreds of copies to a device and
 * back cost more time than their bytes.
 */

import { sizeOf } from "../../../core/tensor.ts";
import type { GraphBuilder, OnnxValue } from "../graph.ts";
import { graphNames } from "./graph_names.ts";
import { reshapeTo } from "./movements.ts";

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

/** Trained weights as inputs of a graph, or as parts of one input. */
export function placeTrained(
  graph: GraphBuilder,
  { trained, joined }: Weights,
): PlaceWeight {
  if (joined === undefined) {
    return (name, shape) => ({ name: graphNames.weight(name), shape });
  }
  const sizes = joined.map((name) => sizeOf(trained.get(name)!));
  const whole = { name: graphNames.weights, shape: [sum(sizes)] };
  const parts = graph.nodesOf(
    "Split",
    [whole, graph.integers(sizes)],
    sizes.map((size) => [size]),
    { attributes: { axis: { int: 0 } } },
  );
  const places = new Map(joined.map((name, i) => [name, parts[i]!]));
  return (name, shape) => reshapeTo(graph, places.get(name)!, shape);
}

/** The gradients by `joined` as one vector, with zeros for those that are absent. */
export function joinGradients(
  graph: GraphBuilder,
  joined: readonly string[],
  { trained, gradientBy }: Pick<Weights, "trained"> & {
    readonly gradientBy: (name: string) => OnnxValue | undefined;
  },
): OnnxValue {
  const parts = joined.map((name) => {
    const gradient = gradientBy(name), shape = [sizeOf(trained.get(name)!)];
    return gradient === undefined
      ? graph.node(
        "Expand",
        [graph.floats([0], [1]), graph.integers(shape)],
        shape,
      )
      : reshapeTo(graph, gradient, shape);
  });
  const total = sum(parts.map(({ shape }) => shape[0] as number));
  return graph.node("Concat", parts, [total], {
    attributes: { axis: { int: 0 } },
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
