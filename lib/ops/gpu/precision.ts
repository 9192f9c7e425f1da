/** Names of precisions, ours and those of other programs. */

import { nearest, translated } from "../../core/known_keys.ts";
import type { Precision } from "../executor.ts";

/** The precisions that graphs compute in. */
export const precisions: readonly Precision[] = ["float32", "float16"];

const elsewhere: Readonly<Record<string, Precision>> = {
  fp32: "float32",
  f32: "float32",
  full: "float32",
  single: "float32",
  fp16: "float16",
  f16: "float16",
  half: "float16",
};

/** The precision that an unknown name probably stands for. */
export function meantPrecision(given: string): string | undefined {
  return translated(given, elsewhere) ?? nearest(given, precisions);
}
