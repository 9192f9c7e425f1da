import type { SamplerPlan } from "../../ddim/sampler.ts";
import type { Runner, Values } from "../../ops/executor.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { RunStart } from "../start/run_start.ts";
import type { AdapterStep, PreparedAdapter } from "../../adapters/adapter.ts";

/** Everything a run of `denoise` needs. */
export interface DenoiseOptions {
  /** The inputs of the UNet that depend on the time alone, for a batch of timesteps. */
  readonly stepInputs: (timesteps: readonly number[]) => Values<Tensor>;
  /** Folder of the UNet's weights, in messages. */
  readonly files?: string;
  readonly sampler: SamplerPlan;
  /** Unit noise to begin with, `[1, channels, height, width]`. */
  readonly noise: Tensor;
  /** Weight of the conditional prediction; 1 or less runs without the unconditional branch. */
  readonly guidance: number;
  /** Part of the steps under guidance, as fractions `[from, to)` of all. @default {[0, 1]} */
  readonly guidanceInterval?: readonly [number, number];
  /**
   * How far the guided prediction is scaled back to the deviation of the conditional one, 0..1 (Lin et
   * al. 2023, 3.4). @default {0}
   */
  readonly guidanceRescale?: number;
  /** The outermost layers alone, for steps that reuse deep features. */
  readonly shallow?: Runner;
  /** The whole UNet runs in every n-th step. @default {1} */
  readonly deepEvery?: number;
  /** Keys, values and masks of a step; the batch is unconditional then conditional, or conditional alone. */
  readonly inputsAt: (
    at: AdapterStep,
  ) => Values<Tensor> | Promise<Values<Tensor>>;
  /** The denoiser's programs of a step, read after its inputs. @default {the same in every step} */
  readonly programsAt?: (step: number) => Promise<StepPrograms>;
  /** Perturbed-attention guidance. @default {off} */
  readonly perturbed?: PerturbedGuidance;
  /** Moves the latents before a step. */
  readonly guide?: NonNullable<PreparedAdapter["guide"]>;
  /** Where the run begins on a picture. @default {at noise} */
  readonly start?: RunStart;
  /** Inputs that are computed anew for every evaluation, such as residuals of ControlNets. */
  readonly callInputs?: (call: DenoiserCall) => Promise<Values<Tensor>>;
  /** Unit noise for evaluation `call`, for stochastic samplers. */
  readonly stepNoise?: (call: number) => Float32Array;
  readonly signal?: AbortSignal;
}

/** Guidance away from the prediction of a perturbed denoiser (Ahn et al. 2024). */
export interface PerturbedGuidance {
  /** Weight of the difference of the conditional prediction and the perturbed one. */
  readonly scale: number;
  /** The perturbed denoiser's programs of a step. */
  readonly programsAt: (step: number) => Promise<StepPrograms>;
}

/** One evaluation of the denoiser, as other networks see it. */
export interface DenoiserCall {
  /** Step of the run, from 0, and how many it has. */
  readonly step: number;
  readonly total: number;
  /** Evaluation of the run, from 0, and how many it has: some samplers take two a step. */
  readonly call: number;
  readonly calls: number;
  /** The latents, a row for each branch, `[rows, channels, height, width]`. */
  readonly sample: Tensor;
  /** Inputs of the denoiser that depend on the time alone. */
  readonly time: Values<Tensor>;
}

/** The denoiser's programs of one form. */
export interface StepPrograms {
  readonly unet: Runner;
  /** The outermost layers alone, for steps that reuse deep features. */
  readonly shallow?: Runner;
}
