import type { AttentionLayers } from "../../bases/places.ts";
import type { Program } from "../../ops/executor.ts";
import {
  appearanceNetProgram,
  type AppearanceNetShape,
} from "./appearance_net.ts";
import { branchKeyValueProgram } from "./branch_key_values.ts";

/** The programs that read an adapter's weights, by name. */
export function locrefPrograms(
  shape: AppearanceNetShape,
  layers: AttentionLayers,
): Readonly<Record<string, () => Program>> {
  return {
    appearance_net: () => appearanceNetProgram(shape),
    ci_key_value: () => branchKeyValueProgram(layers, "ci"),
    ri_key_value: () => branchKeyValueProgram(layers, "ri"),
  };
}
