/** Sizes and inputs that cases of derivatives are drawn from. */

import * as fc from "fast-check";
import type { CaseInput } from "./gradient_case.ts";

export const few = fc.integer({ min: 1, max: 3 });
export const some = fc.integer({ min: 1, max: 6 });
export const side = fc.integer({ min: 2, max: 7 });
/** Batch, tokens and width. */
export const tokens = fc.tuple(few, some, some);

export const image = (...shape: number[]): CaseInput => ({
  kind: "image",
  shape,
});
export const float = (...shape: number[]): CaseInput => ({
  kind: "float",
  shape,
});
export const weight = (...shape: number[]): CaseInput => ({
  kind: "weight",
  shape,
});
