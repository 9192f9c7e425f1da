import type { OnnxValue } from "./graph.ts";
import type { OnnxNode } from "./proto.ts";

/**
 * The nodes on which `outputs` depend, which get their names. onnxruntime would run the others too,
 * and copy a value to give it another name.
 */
export function namedNodes(
  nodes: readonly OnnxNode[],
  outputs: readonly (readonly [name: string, value: OnnxValue])[],
): OnnxNode[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const names = new Map<string, string>();
  const copies: OnnxNode[] = [];
  for (const [name, { name: inner }] of outputs) {
    if (made.has(inner) && !names.has(inner)) {
      names.set(inner, name);
      continue;
    }
    copies.push({
      type: "Identity",
      domain: "",
      inputs: [inner],
      outputs: [name],
      attributes: {},
    });
  }
  const named = (name: string) => names.get(name) ?? name;
  const all = [...nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(named),
    outputs: node.outputs.map(named),
  }));
  const needed = new Set(outputs.map(([name]) => name));
  const living: OnnxNode[] = [];
  for (const node of all.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    living.push(node);
  }
  return living.reverse();
}
