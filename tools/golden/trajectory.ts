import type { SamplerPlan } from "../../lib/ddim/sampler.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import { floats, sliceBatch } from "../../lib/core/tensor_rows.ts";
import { relativeError } from "./golden_case.ts";

/** A recorded run: the samples, and for every model call its input, its output and the noise drawn. */
export interface Trajectory {
  readonly samples: Tensor;
  readonly outputs: Tensor;
  readonly inputs?: Tensor;
  readonly noises?: Tensor;
}

/** Largest error of a sampler that is fed the recorded outputs and noises. */
export function trajectoryError(
  plan: SamplerPlan,
  { samples, outputs, inputs, noises }: Trajectory,
): number {
  const row = (from: Tensor, i: number) => floats(sliceBatch(from, i, i + 1));
  const run = plan.run(row(samples, 0), {
    noise: (call) => row(noises!, call),
  });
  let error = 0;
  let next = run.next();
  for (let call = 0; !next.done; call++) {
    const { input, sample } = next.value;
    if (inputs) error = Math.max(error, rowError(input, inputs, call));
    error = Math.max(error, rowError(sample, samples, call));
    next = run.next(row(outputs, call));
  }
  return Math.max(error, rowError(next.value, samples, samples.shape[0]! - 1));
}

/** Error of one row of a batch. */
export function rowError(
  actual: Float32Array,
  expected: Tensor,
  row: number,
): number {
  return relativeError(
    tensor([actual.length], actual),
    sliceBatch(expected, row, row + 1),
  );
}
