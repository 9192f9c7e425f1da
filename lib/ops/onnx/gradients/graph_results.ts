/** Outputs of a graph of a loss: the loss itself, metrics, and derivatives. */

import type { GraphBuilder, OnnxValue } from "../graph.ts";
import type { OnnxValueInfo } from "../proto.ts";
import { graphNames } from "./graph_names.ts";
import { joinGradients } from "./joined_weights.ts";

/** Results of a graph, under the names of its outputs. */
export class GraphResults {
  readonly outputs: OnnxValueInfo[] = [];
  readonly given: [name: string, value: OnnxValue][] = [];

  /** Makes a value an output; returns the shape in which it comes. */
  give(name: string, result: OnnxValue): readonly number[] {
    // a reshaped result would be copied
    const value = result.reshaped ?? result;
    this.given.push([name, value]);
    const shape = value.shape as number[];
    this.outputs.push({ name, type: "F32", shape });
    return shape;
  }
}

/** Makes derivatives outputs; returns their shapes, of those that come each by itself. */
export function giveDerivatives(
  graph: GraphBuilder,
  results: GraphResults,
  { found, trained, joined = [] }: {
    readonly found: ReadonlyMap<string, OnnxValue | undefined>;
    readonly trained: ReadonlyMap<string, readonly number[]>;
    readonly joined?: readonly string[];
  },
): Map<string, readonly number[]> {
  const gradientBy = (name: string) => found.get(graphNames.gradient(name));
  if (joined.length > 0) {
    const vector = joinGradients(graph, joined, { trained, gradientBy });
    results.give(graphNames.gradients, vector);
  }
  const together = new Set(joined.map(graphNames.gradient));
  return new Map(
    [...found].flatMap(([name, value]) =>
      value === undefined || together.has(name)
        ? []
        : [[name, results.give(name, value)]]
    ),
  );
}
