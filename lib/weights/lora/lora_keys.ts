/** Names of the tensors of LoRA files, in every spelling that is in use. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { LayerTensors } from "./difference_kind.ts";
import { differenceKinds } from "./difference_kinds.ts";

/** The tensors of a LoRA file by layer, each layer under the name that the file gives it. */
export interface LoraKeys {
  readonly layers: ReadonlyMap<string, LayerTensors>;
  /** Names that are of no known spelling. */
  readonly unknown: readonly string[];
}

/** The end of a name, and its role: those that every kind of difference may have, then each kind's. */
const endings: readonly (readonly [RegExp, string])[] = [
  [/(\.lora(_linear_layer)?)?\.alpha$/, "alpha"],
  [/\.diff_b$/, "diff_b"],
  [/\.b_norm$/, "diff_b"],
  ...differenceKinds.flatMap((kind) => kind.endings),
];

/** Attention processors of diffusers before 0.21, and the text encoder's of that time. */
const processor = /^(.+?)(\.processor)?\.(to_(?:q|k|v|out))_lora\.(.+)$/;

/** Groups the names of a file by layer. */
export function groupLoraKeys(
  names: readonly string[],
  file: string,
): LoraKeys {
  const layers = new Map<string, Map<string, string>>();
  const unknown: string[] = [];
  for (const name of names) {
    const found = readKey(name);
    if (found === undefined) {
      unknown.push(name);
      continue;
    }
    const { layer, role } = found;
    const tensors = layers.get(layer) ?? new Map<string, string>();
    const other = tensors.get(role);
    if (other !== undefined) {
      throw new LocRefError(
        "file-invalid",
        `LoRA ${quote(file)} holds ${quote(other)} and ${
          quote(name)
        }, which are one tensor in two spellings`,
      );
    }
    layers.set(layer, tensors.set(role, name));
  }
  return { layers, unknown };
}

function readKey(
  name: string,
): { layer: string; role: string } | undefined {
  const current = name.replace(processor, "$1.$3.lora.$4");
  for (const [pattern, role] of endings) {
    const found = pattern.exec(current);
    if (found === null || found.index === 0) continue;
    return { layer: current.slice(0, found.index), role };
  }
  return undefined;
}
