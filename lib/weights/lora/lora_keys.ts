/** Names of the tensors of LoRA files, in every spelling that is in use. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** Roles of a tensor beside a layer. */
export type LoraRole =
  | "down"
  | "up"
  | "alpha"
  | "hada_w1_a"
  | "hada_w1_b"
  | "hada_w2_a"
  | "hada_w2_b"
  | "lokr_w1"
  | "lokr_w1_a"
  | "lokr_w1_b"
  | "lokr_w2"
  | "lokr_w2_a"
  | "lokr_w2_b"
  | "diff"
  | "diff_b";

/** The tensors of one layer: names in the file by their role. */
export type LayerTensors = ReadonlyMap<LoraRole, string>;

/** The tensors of a LoRA file by layer, each layer under the name that the file gives it. */
export interface LoraKeys {
  readonly layers: ReadonlyMap<string, LayerTensors>;
  /** Names that are of no known spelling. */
  readonly unknown: readonly string[];
}

/** The end of a name, and its role; `undefined`: the end says it. */
const endings: readonly (readonly [RegExp, LoraRole | undefined])[] = [
  [/\.lora_down\.weight$/, "down"],
  [/\.lora_up\.weight$/, "up"],
  [/\.lora_A(\.[\w-]+?)?(\.weight)?$/, "down"],
  [/\.lora_B(\.[\w-]+?)?(\.weight)?$/, "up"],
  [/\.lora(_linear_layer)?\.down(\.weight)?$/, "down"],
  [/\.lora(_linear_layer)?\.up(\.weight)?$/, "up"],
  [/(\.lora(_linear_layer)?)?\.alpha$/, "alpha"],
  [/\.(hada_w[12]_[ab])$/, undefined],
  [/\.(lokr_w[12](?:_[ab])?)$/, undefined],
  [/\.(diff(?:_b)?)$/, undefined],
  [/\.w_norm$/, "diff"],
  [/\.b_norm$/, "diff_b"],
];

/** Attention processors of diffusers before 0.21, and the text encoder's of that time. */
const processor = /^(.+?)(\.processor)?\.(to_(?:q|k|v|out))_lora\.(.+)$/;

/** Groups the names of a file by layer. */
export function groupLoraKeys(
  names: readonly string[],
  file: string,
): LoraKeys {
  const layers = new Map<string, Map<LoraRole, string>>();
  const unknown: string[] = [];
  for (const name of names) {
    const found = readKey(name);
    if (found === undefined) {
      unknown.push(name);
      continue;
    }
    const { layer, role } = found;
    const tensors = layers.get(layer) ?? new Map<LoraRole, string>();
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
): { layer: string; role: LoraRole } | undefined {
  const current = name.replace(processor, "$1.$3.lora.$4");
  for (const [pattern, role] of endings) {
    const found = pattern.exec(current);
    if (found === null || found.index === 0) continue;
    return {
      layer: current.slice(0, found.index),
      role: role ?? found[1] as LoraRole,
    };
  }
  return undefined;
}
