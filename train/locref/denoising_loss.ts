import type { LayerMasks } from "../../lib/adapters/locref/layout_net.ts";
import type { Signature, Values } from "../../lib/ops/executor.ts";
import type { LossOps } from "../../lib/ops/loss_ops.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { Size } from "../../lib/core/geometry.ts";
import { levelSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import {
  type DenoiserInputs,
  type DenoiserShape,
  locrefDenoiser,
} from "./denoiser.ts";

/** Eq. (2) as a program: `mean((2.3·FM + 0.3·BM) ⊙ (ε − ε̂)²)` of batches of `denoisingBatch`. */
export function denoisingProgram(
  shape: DenoiserShape,
  size: Size,
): LossProgram {
  return {
    name: "denoising",
    inputs: denoisingInputs(shape.unet, size),
    run: (ops, weights, batch) => {
      const inputs = denoiserInputs(batch, shape.unet, size);
      const predicted = locrefDenoiser(ops, weights, inputs, shape);
      return {
        loss: weightedSquares(ops, predicted, batch.target!, batch.map!),
      };
    },
  };
}

/** Kinds of the values of a batch. */
export function denoisingInputs(
  config: UnetConfig,
  size: Size,
): Record<string, Signature["kind"]> {
  const masks = levelSizes(config, size).flatMap((at) =>
    ["text", "ci", "ri"].map((name) =>
      [`${name}_mask.${sizeKey(at)}`, "float"] as const
    )
  );
  return {
    sample: "image",
    time: "float",
    text: "float",
    ci: "float",
    ri: "float",
    ...Object.fromEntries(masks),
    target: "image",
    map: "image",
  };
}

/** A batch as the denoiser takes it. */
export function denoiserInputs<T>(
  batch: Values<T>,
  config: UnetConfig,
  size: Size,
): DenoiserInputs<T> {
  const masks = levelSizes(config, size).map((at): LayerMasks<T> => {
    const mask = (name: string) => batch[`${name}_mask.${sizeKey(at)}`]!;
    return { text: mask("text"), ci: mask("ci"), ri: mask("ri") };
  });
  return {
    sample: batch.sample!,
    time: batch.time!,
    text: batch.text!,
    ci: batch.ci!,
    ri: batch.ri!,
    masks,
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
