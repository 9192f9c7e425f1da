import { LocRefError } from "../core/error.ts";
import {
  parseSchedulerConfig,
  type SchedulerConfig,
} from "../weights/configs/scheduler.ts";

export type { SchedulerConfig };

/** Prediction of the UNet: the noise, v of Salimans & Ho 2022, the clean sample, or a flow's velocity. */
export type PredictionType = "epsilon" | "v_prediction" | "sample" | "flow";

/** How inference steps are laid over training timesteps (Lin et al. 2023, Table 2). */
export type TimestepSpacing = "leading" | "trailing" | "linspace";

/** The forward process: how much signal is left at each timestep. */
export interface NoiseSchedule {
  /** ᾱ of DDPM (Ho et al. 2020) at each training timestep, in 0..1, falling. */
  readonly alphasCumprod: Float64Array;
  /** ᾱ that the last step of DDIM goes to. */
  readonly finalAlpha: number;
  /** The quantity that the model predicts. */
  readonly predictionType: PredictionType;
  /** Absent: each sampler's own. */
  readonly timestepSpacing?: TimestepSpacing;
  /** Added to every timestep in leading spacing. */
  readonly stepsOffset: number;
  /** Bound on the clean samples that DDIM predicts, where the model was trained with one. */
  readonly clipRange?: number;
  /** The config that the schedule was made of: samplers read what is their own. */
  readonly config: SchedulerConfig;
}

/**
 * The noise schedule of a scheduler config. A missing key takes diffusers' default.
 *
 * @param file Path of the config in messages.
 * @throws {LocRefError} `config-invalid` for a value that is not known or not supported.
 */
export function noiseSchedule(
  given: SchedulerConfig,
  file: string = "scheduler_config.json",
): NoiseSchedule {
  const { config } = parseSchedulerConfig(given, { file });
  const plain = cumulativeAlphas(makeBetas(config));
  checkSignal(plain, file);
  const alphasCumprod = config.rescale_betas_zero_snr
    ? cumulativeAlphas(zeroTerminalSnr(plain))
    : plain;
  const clips = config.clip_sample ?? true;
  return {
    alphasCumprod,
    finalAlpha: config.set_alpha_to_one ?? true ? 1 : alphasCumprod[0]!,
    predictionType: config.prediction_type ?? "epsilon",
    timestepSpacing: config.timestep_spacing ?? undefined,
    stepsOffset: config.steps_offset ?? 0,
    clipRange: clips ? config.clip_sample_range ?? 1 : undefined,
    config,
  };
}

function makeBetas(config: SchedulerConfig): Float64Array {
  if (config.trained_betas) return Float64Array.from(config.trained_betas);
  const steps = config.num_train_timesteps ?? 1000;
  const from = config.beta_start ?? 0.0001, to = config.beta_end ?? 0.02;
  switch (config.beta_schedule ?? "linear") {
    case "linear":
      return linspace(from, to, steps);
    case "scaled_linear":
      return linspace(Math.sqrt(from), Math.sqrt(to), steps).map((root) =>
        root ** 2
      );
    case "squaredcos_cap_v2":
      return cosineBetas(steps);
  }
}

/** Without any signal a step divides by zero; rescaled betas have such a timestep on purpose. */
function checkSignal(alphasCumprod: Float64Array, file: string): void {
  const t = alphasCumprod.findIndex((alpha) => alpha < 1e-30);
  if (t < 0) return;
  throw new LocRefError(
    "config-invalid",
    `File "${file}": its betas leave no signal at timestep ${t} of ${alphasCumprod.length}, beta_end must be smaller`,
  );
}

/** Betas of Nichol & Dhariwal 2021, Eq. (17). */
function cosineBetas(steps: number): Float64Array {
  const alphaBar = (t: number) =>
    Math.cos((t + 0.008) / 1.008 * Math.PI / 2) ** 2;
  return Float64Array.from(
    { length: steps },
    (_, i) =>
      Math.min(1 - alphaBar((i + 1) / steps) / alphaBar(i / steps), 0.999),
  );
}

/** Betas, shifted and scaled so that no signal is left at the end (Lin et al. 2023, Algorithm 1). */
function zeroTerminalSnr(alphasCumprod: Float64Array): Float64Array {
  const roots = alphasCumprod.map(Math.sqrt);
  const first = roots[0]!, last = roots.at(-1)!;
  const scaled = roots.map((root) => (root - last) * first / (first - last));
  return scaled.map((root, i) =>
    1 - (i === 0 ? root ** 2 : (root / scaled[i - 1]!) ** 2)
  );
}

/**
 * Running products of 1 − β, each rounded to float32: checkpoints were trained with schedules of
 * that precision, and at small t the rounding shows in 1 − ᾱ.
 */
function cumulativeAlphas(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - Math.fround(beta));
    return Math.fround(product);
  });
}

/** `steps` evenly spaced numbers, both ends included. */
export function linspace(
  from: number,
  to: number,
  steps: number,
): Float64Array {
  return Float64Array.from(
    { length: steps },
    (_, i) => from + (to - from) * i / (steps - 1),
  );
}

/**
 * The forward process at timestep `t`: `√ᾱ·x0 + √(1−ᾱ)·noise` (Ho et al. 2020, Eq. (4)).
 */
export function addNoise(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  t: number,
): Float32Array {
  const signal = Math.sqrt(schedule.alphasCumprod[t]!);
  const sigma = Math.sqrt(1 - schedule.alphasCumprod[t]!);
  return x0.map((value, i) => signal * value + sigma * noise[i]!);
}

/** The prediction of a perfect model of v: `√ᾱ·noise − √(1−ᾱ)·x0` (Salimans & Ho 2022, 4). */
export function velocity(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  t: number,
): Float32Array {
  const signal = Math.sqrt(schedule.alphasCumprod[t]!);
  const sigma = Math.sqrt(1 - schedule.alphasCumprod[t]!);
  return x0.map((value, i) => signal * noise[i]! - sigma * value);
}
