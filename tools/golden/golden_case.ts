import type { Executor, Precision } from "../../lib/ops/executor.ts";
import type { Tensor } from "../../lib/core/tensor.ts";

/** Settings of a golden case's run. */
export interface GoldenContext {
  /** Folder of the golden files. */
  readonly dir: string;
  readonly executor: Executor;
  /** Precision that models compute in. @default {"float32"} */
  readonly precision?: Precision;
}

/** One comparison with the outputs of a reference library. */
export interface GoldenCase {
  readonly name: string;
  /** Largest error that counts as agreement. */
  readonly bound: number;
  /** Whether predictions are fed back, so that in half precision it is only finite. @default {false} */
  readonly loop?: boolean;
  /** Whether it takes gradients of weights, which backends that train and float32 alone have. @default {false} */
  readonly trains?: boolean;
  /** Runs the case and returns its error. */
  run(context: GoldenContext): Promise<number>;
}

/** One row of the golden command's output. */
export interface GoldenRow {
  readonly case: string;
  readonly backend: string;
  /** `null` where the case could not be run to its end. */
  readonly error: number | null;
  readonly bound: number;
  /** Precision, where it is not float32. */
  readonly precision?: Precision;
  readonly ok: boolean;
  /** Why the case could not be run to its end. */
  readonly reason?: string;
}

/** Largest error of one evaluation in half precision. */
export const halfBound = 2e-2;

/** The bound of a case in a precision; loops in half precision need only be finite. */
export function boundIn(
  one: Pick<GoldenCase, "bound" | "loop">,
  precision: Precision = "float32",
): number {
  if (precision === "float32" || one.bound === 0) return one.bound;
  return one.loop ? Number.MAX_VALUE : Math.max(one.bound, halfBound);
}

/** Largest absolute difference relative to the largest value of the reference; infinite if not a number. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  if (actual.data.length !== expected.data.length) {
    throw new RangeError(
      `Got shape [${actual.shape.join(", ")}], expected [${
        expected.shape.join(", ")
      }]`,
    );
  }
  let largest = 0, difference = 0;
  for (let i = 0; i < expected.data.length; i++) {
    largest = Math.max(largest, Math.abs(expected.data[i]!));
    const distance = Math.abs(actual.data[i]! - expected.data[i]!);
    if (Number.isNaN(distance)) return Infinity;
    difference = Math.max(difference, distance);
  }
  return difference / Math.max(largest, Number.MIN_VALUE);
}
