import { readJson } from "../../../lib/core/files/read_json.ts";

/** A class of OpenImages' hierarchy with the classes below it. */
interface HierarchyNode {
  readonly LabelName: string;
  readonly Subcategory?: readonly HierarchyNode[];
}

/** The labels `wanted` and all labels below them in OpenImages' hierarchy file. */
export async function withChildren(
  path: string,
  wanted: readonly string[],
): Promise<Set<string>> {
  const found = new Set(wanted);
  const visit = (node: HierarchyNode, inside: boolean) => {
    const taken = inside || found.has(node.LabelName);
    if (taken) found.add(node.LabelName);
    for (const child of node.Subcategory ?? []) visit(child, taken);
  };
  visit(await readJson<HierarchyNode>(path), false);
  return found;
}
