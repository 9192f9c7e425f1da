import { sizeOf } from "../../lib/core/tensor.ts";
import { graphNames } from "../../lib/ops/onnx/gradients/graph_names.ts";
import type { OnnxGraph } from "../../lib/ops/onnx/proto.ts";

/** A graph as two that run one after the other. */
export interface CutGraph {
  /** Its inner values that the second reads are outputs too: `watched`. */
  readonly first: OnnxGraph;
  /** The second, given the shapes of what it reads of the first. */
  readonly second: (
    shapes: (name: string) => readonly number[],
  ) => OnnxGraph;
}

/** Cuts a graph: the first part makes the outputs named in `early` and what these need, the second all others. */
export function cutGraph(
  graph: OnnxGraph,
  early: ReadonlySet<string>,
): CutGraph {
  const wanted = new Set(early);
  const firstNodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => wanted.has(name))) return false;
    for (const name of node.inputs) wanted.add(name);
    return true;
  }).toReversed();
  const inFirst = new Set(firstNodes);
  const secondNodes = graph.nodes.filter((node) => !inFirst.has(node));
  const made = new Set(firstNodes.flatMap(({ outputs }) => outputs));
  const read = new Set(secondNodes.flatMap(({ inputs }) => inputs));
  const handed = [...made].filter((name) => read.has(name) && !early.has(name));
  const part = (nodes: OnnxGraph["nodes"]) => {
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    return {
      ...graph,
      nodes,
      initializers: graph.initializers.filter(({ name }) => used.has(name)),
      inputs: graph.inputs.filter(({ name }) => used.has(name)),
    };
  };
  return {
    first: {
      ...part(firstNodes),
      outputs: graph.outputs.filter(({ name }) => early.has(name)),
      watched: handed,
    },
    second: (shapes) => {
      const rest = part(secondNodes);
      const values = [...made].filter((name) => read.has(name)).map((name) => ({
        name,
        type: "F32" as const,
        shape: shapes(name),
      }));
      return {
        ...rest,
        inputs: [...rest.inputs, ...values],
        outputs: graph.outputs.filter(({ name }) => !early.has(name)),
      };
    },
  };
}

/**
 * The outputs that need no way back through the whole graph, by their order: loss and metrics, and
 * the gradients of so large a share of the trained weights, those that the model reads last.
 */
export function earlyOutputs(graph: OnnxGraph, share: number): Set<string> {
  const gradients = graph.outputs.filter(({ name }) =>
    name.startsWith(graphNames.gradient(""))
  );
  const size = ({ shape }: OnnxGraph["outputs"][number]) =>
    sizeOf(shape as number[]);
  const all = gradients.reduce((sum, output) => sum + size(output), 0);
  const late = new Set<string>();
  let taken = 0;
  for (const output of gradients) {
    taken += size(output);
    if (taken > (1 - share) * all) break;
    late.add(output.name);
  }
  return new Set(
    graph.outputs.flatMap(({ name }) => late.has(name) ? [] : [name]),
  );
}
