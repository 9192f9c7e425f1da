import type { Values } from "../../ops/executor.ts";
import type { InputGradient, InputSlope } from "../../ops/input_gradient.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";

/** Noisy latents at one step. */
export interface NoisyLatents {
  /** Latents whose noise has the deviation {@linkcode NoisyLatents.sigma}. */
  readonly latents: Tensor;
  /** Deviation of the noise, of latents whose own is 1. */
  readonly sigma: number;
  /** Factor of the move. @default {1} */
  readonly strength?: number;
}

/** Latents after an update, with the energy and its derivative before. */
export interface GuidedLatents extends InputSlope {
  /** The moved latents. */
  readonly latents: Tensor;
}

/**
 * One update of layout guidance: latents move by `−σ²` times the derivative of the energy.
 *
 * @param energy The compiled energy with its derivative by `sample`.
 * @param inputs All other inputs of the energy.
 */
export async function guideLatents(
  energy: Pick<InputGradient, "run">,
  { latents, sigma, strength = 1 }: NoisyLatents,
  inputs: Values<Tensor>,
): Promise<GuidedLatents> {
  const { shape } = latents;
  // the denoiser reads latents of deviation 1
  const factor = 1 / Math.sqrt(sigma ** 2 + 1);
  const scaled = Float32Array.from(latents.data, (x) => x * factor);
  const found = await energy.run({ ...inputs, sample: tensor(shape, scaled) });
  const slope = Float32Array.from(found.gradient.data, (x) => x * factor);
  const moved = Float32Array.from(
    latents.data,
    (x, i) => x - strength * slope[i]! * sigma ** 2,
  );
  return {
    loss: found.loss,
    gradient: tensor(shape, slope),
    latents: tensor(shape, moved),
  };
}
