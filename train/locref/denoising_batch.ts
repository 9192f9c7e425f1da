import {
  addNoise,
  type NoiseSchedule,
  velocity,
} from "../../lib/ddim/noise_schedule.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import type {
  DenoiserShape,
  StepRows,
} from "../../lib/bases/denoiser_shape.ts";
import { attentionSizes } from "../../lib/bases/places.ts";
import type { TrainingBatch } from "../backends/trainer.ts";
import {
  lossMap,
  type LossWeights,
  type SampleLayout,
  trainingMasks,
} from "./training_masks.ts";

/** Latents with the noise that is added to them, on the host. */
export interface NoisyLatents {
  /** Clean latents as the denoiser knows them (scaled), `[N, C, height, width]`. */
  readonly latents: Tensor;
  /** Noise of the same shape. */
  readonly noise: Tensor;
  /** One a sample. */
  readonly timesteps: readonly number[];
}

/** A batch on the host. */
export interface HostDenoisingBatch
  extends NoisyLatents, Pick<StepRows, "pooled" | "sizes"> {
  /** `[N, tokens, width of text]`. */
  readonly text: Tensor;
  /** Features of composite images, `[N, …]`. */
  readonly ci: Tensor;
  /** Features of references, `[N · instances, …]`, filled up with anything. */
  readonly ri: Tensor;
  /** One a sample. */
  readonly layouts: readonly SampleLayout[];
  /** @default {2.3 and 0.3} */
  readonly lossWeights?: LossWeights;
}

/** A batch for {@linkcode denoisingProgram}, with noise added and masks made. */
export function denoisingBatch(
  host: HostDenoisingBatch,
  model: { denoiser: DenoiserShape; schedule: NoiseSchedule },
): TrainingBatch {
  const { denoiser, schedule } = model;
  const { latents, layouts, text, ci, ri } = host;
  const [batch, , height, width] = latents.shape as [
    number,
    number,
    number,
    number,
  ];
  const size = { height, width };
  const instances = ri.shape[0]! / batch;
  return {
    sample: noisySample(schedule, host),
    ...denoiser.rowInputs(host),
    text,
    ci,
    ri,
    ...trainingMasks(layouts, attentionSizes(denoiser.places(size)), instances),
    target: targetOf(schedule, host),
    map: lossMap(layouts, size, host.lossWeights),
  };
}

/** The forward process, each sample at its own timestep. */
export function noisySample(
  schedule: NoiseSchedule,
  latents: NoisyLatents,
): Tensor {
  return bySample(latents, (x0, noise, t) => addNoise(schedule, x0, noise, t));
}

/** The target of the denoiser: the noise, v or the clean latents, as the schedule says. */
export function targetOf(
  schedule: NoiseSchedule,
  latents: NoisyLatents,
): Tensor {
  switch (schedule.predictionType) {
    case "epsilon":
      return latents.noise;
    case "v_prediction":
      return bySample(
        latents,
        (x0, noise, t) => velocity(schedule, x0, noise, t),
      );
    case "sample":
      return latents.latents;
    case "flow":
      throw new RangeError(
        "Training a model that predicts a flow is not supported",
      );
  }
}

/** A tensor like the latents, of what `make` makes of each sample. */
function bySample(
  { latents, noise, timesteps }: NoisyLatents,
  make: (x0: Float32Array, noise: Float32Array, t: number) => Float32Array,
): Tensor {
  const each = latents.data.length / timesteps.length;
  const data = new Float32Array(latents.data.length);
  for (const [n, t] of timesteps.entries()) {
    const rows = (x: Tensor) =>
      (x.data as Float32Array).subarray(n * each, (n + 1) * each);
    data.set(make(rows(latents), rows(noise), t), n * each);
  }
  return tensor(latents.shape, data);
}
