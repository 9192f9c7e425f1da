import { sizeOf } from "../../lib/core/tensor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { TrainingBatch } from "./trainer.ts";

/** Samples below which a part of a batch is not worth a thread: each part transforms all kernels. */
const leastSamples = 4;

/**
 * The values of a batch that a loss reads. Others need not have a row for each sample, and would be
 * copied to threads for nothing.
 */
export function readOf(
  batch: TrainingBatch,
  { inputs }: Pick<LossProgram, "inputs">,
): TrainingBatch {
  return Object.fromEntries(
    Object.keys(inputs).map((name) => [name, batch[name]!]),
  );
}

/** Number of equal parts, at most `most`, in which the samples of a batch are computed. */
export function partsOf(batch: TrainingBatch, most: number): number {
  const rows = Object.values(batch).map(({ shape }) => shape[0] ?? 1);
  const samples = Math.min(...rows);
  if (rows.some((count) => count % samples !== 0)) return 1;
  for (let parts = most; parts > 1; parts--) {
    if (samples % parts === 0 && samples / parts >= leastSamples) return parts;
  }
  return 1;
}

/** Shapes of a batch's values. */
export function shapesOf(
  batch: TrainingBatch,
): Record<string, readonly number[]> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape }]) => [name, shape]),
  );
}

/** Equal parts of a batch, in the order of its samples. */
export function splitBatch(
  batch: TrainingBatch,
  parts: number,
): TrainingBatch[] {
  if (parts === 1) return [batch];
  return Array.from({ length: parts }, (_, i) =>
    Object.fromEntries(
      Object.entries(batch).map(
        ([name, { shape: [rows = 1, ...rest], data }]) => {
          const shape = [rows / parts, ...rest], size = sizeOf(shape);
          return [name, { shape, data: data.slice(i * size, (i + 1) * size) }];
        },
      ),
    ));
}
