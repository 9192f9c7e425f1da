import { availableParallelism } from "node:os";
import { sizeOf } from "../../lib/core/tensor.ts";
import { listLossWeights } from "../../lib/ops/list_weights.ts";
import type { OnnxDevice } from "../../lib/ops/onnx/devices.ts";
import type { HostWeights } from "../loop/host_weights.ts";
import type { TrainerOptions } from "./trainer.ts";

/** Where compiled losses run. */
export interface SessionThreads {
  readonly device: OnnxDevice;
  /** Threads that training may use. @default {the number of cores} */
  readonly threads?: number;
}

/** Values from which on a further thread is worth its copies. */
const valuesOfThread = 2 ** 19;

/** Values of all weights above which no thread holds them once more. */
const mostHeldAgain = 2 ** 26;

/** Threads of a step of AdamW where one graph makes the gradients, which needs all cores of a CPU. */
export function optimizerThreads(
  weights: HostWeights,
  { device, threads = availableParallelism() }: SessionThreads,
): number {
  if (device === "cpu") return 1;
  const shapes = [...weights.values()].map(({ shape }) => shape);
  return threadsFor(shapes, Math.min(8, threads));
}

/**
 * Threads of the CPU that each take gradients of a part of a batch, and steps of AdamW on a part of
 * the weights: four at most, since each computes once more what does not depend on samples.
 */
export function gradientThreads(
  { program }: Pick<TrainerOptions, "program">,
  { device, threads = availableParallelism() }: SessionThreads,
): number {
  if (device !== "cpu" || !program.perSample) return 1;
  const shapes = [...listLossWeights(program).values()];
  if (countValues(shapes) > mostHeldAgain) return 1;
  return threadsFor(shapes, Math.min(4, threads));
}

function threadsFor(
  shapes: readonly (readonly number[])[],
  most: number,
): number {
  const values = countValues(shapes);
  return Math.max(1, Math.min(most, Math.floor(values / valuesOfThread)));
}

function countValues(shapes: readonly (readonly number[])[]): number {
  return shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
}
