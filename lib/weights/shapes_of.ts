import { LocRefError } from "../core/error.ts";
import type { WeightSource } from "../ops/executor.ts";

/** Names and shapes of a checkpoint. */
export type ShapeSource = Pick<WeightSource, "names" | "info">;

/** Sizes of a model, read from the shapes of its weights. */
export interface Shapes {
  /**
   * The size of a weight along an axis.
   *
   * @throws {LocRefError} `checkpoint-mismatch` if there is no such weight or axis.
   */
  dim(name: string, axis: number): number;
  /** Whether there is a weight of this name. */
  has(name: string): boolean;
  /** How many different numbers stand where `pattern` has its group. */
  count(pattern: RegExp): number;
}

/** Reads shapes; a required tensor that is missing is an error that names it. */
export function shapesOf(source: ShapeSource): Shapes {
  return {
    dim(name, axis) {
      const size = source.info(name)?.shape[axis];
      if (size !== undefined) return size;
      throw new LocRefError(
        "checkpoint-mismatch",
        `Tensor ${name}, which defines the model's sizes, is missing or has fewer than ${
          axis + 1
        } dimensions`,
      );
    },
    has: (name) => source.info(name) !== undefined,
    count: (pattern) =>
      new Set(
        source.names().flatMap((name) => pattern.exec(name)?.[1] ?? []),
      ).size,
  };
}
