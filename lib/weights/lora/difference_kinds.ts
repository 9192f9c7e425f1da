import type { DifferenceKind } from "./difference_kind.ts";
import { full } from "./kinds/full.ts";
import { loha } from "./kinds/loha.ts";
import { lokr } from "./kinds/lokr.ts";
import { lora } from "./kinds/lora.ts";

/** The formulas of differences that are merged. */
export const differenceKinds: readonly DifferenceKind[] = [
  lora,
  loha,
  lokr,
  full,
];
