import type { DenoiserShape } from "../../lib/bases/denoiser_shape.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Signature, Values } from "../../lib/ops/executor.ts";
import type { LossOps } from "../../lib/ops/loss_ops.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import {
  type DenoiserInputs,
  locrefDenoiser,
  maskNames,
  type TrainedShape,
} from "./denoiser.ts";

/** Eq. (2) as a program: `mean((2.3·FM + 0.3·BM) ⊙ (ε − ε̂)²)` of batches of `denoisingBatch`. */
export function denoisingProgram(
  shape: TrainedShape,
  size: Size,
): LossProgram {
  const { denoiser } = shape;
  return {
    name: "denoising",
    inputs: denoisingInputs(denoiser, size),
    perSample: true,
    run: (ops, weights, batch) => {
      const inputs = denoiserInputs(batch, denoiser, size);
      const predicted = locrefDenoiser(ops, weights, inputs, shape);
      return {
        loss: weightedSquares(ops, predicted, batch.target!, batch.map!),
      };
    },
  };
}

/** Kinds of the values of a batch. */
function denoisingInputs(
  denoiser: DenoiserShape,
  size: Size,
): Record<string, Signature["kind"]> {
  const masks = maskNames(denoiser, size).map((name) =>
    [name, "float"] as const
  );
  return {
    ...givenKinds(denoiser, size),
    text: "float",
    ci: "float",
    ri: "float",
    ...Object.fromEntries(masks),
    target: "image",
    map: "image",
  };
}

/** Kinds of what a step of a base reads beside text: `sample`, `time` and such. */
function givenKinds(
  denoiser: DenoiserShape,
  size: Size,
): Record<string, Signature["kind"]> {
  const own = Object.entries(denoiser.step({ size }).inputs);
  return Object.fromEntries(
    own.flatMap(([name, { kind }]) =>
      /^text_[kv]\./.test(name) ? [] : [[name, kind] as const]
    ),
  );
}

/** A batch as the denoiser takes it. */
export function denoiserInputs<T>(
  batch: Values<T>,
  denoiser: DenoiserShape,
  size: Size,
): DenoiserInputs<T> {
  const names = [
    ...Object.keys(givenKinds(denoiser, size)),
    ...maskNames(denoiser, size),
  ];
  return {
    given: Object.fromEntries(names.map((name) => [name, batch[name]!])),
    text: batch.text!,
    ci: batch.ci!,
    ri: batch.ri!,
    size,
  };
}

/** `mean(map ⊙ (a − b)²)`. */
export function weightedSquares<T>(
  ops: LossOps<T>,
  a: T,
  b: T,
  map: T,
): T {
  const miss = ops.sub(a, b);
  return ops.mean(ops.mul(ops.mul(miss, miss), map));
}
