/** `scheduler_config.json`, as far as it is used. */
export interface SchedulerConfig {
  readonly num_train_timesteps?: number;
  readonly beta_start?: number;
  readonly beta_end?: number;
  readonly beta_schedule?: "linear" | "scaled_linear" | "squaredcos_cap_v2";
  readonly trained_betas?: readonly number[] | null;
  readonly prediction_type?: PredictionType;
  readonly timestep_spacing?: TimestepSpacing;
  readonly steps_offset?: number;
  readonly set_alpha_to_one?: boolean;
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
  readonly rescale_betas_zero_snr?: boolean;
}

/** What the UNet predicts: the noise, v of Salimans & Ho 2022, or the clean sample. */
export type PredictionType = "epsilon" | "v_prediction" | "sample";

/** How inference steps are laid over training timesteps (Lin et al. 2023, Table 2). */
export type TimestepSpacing = "leading" | "trailing" | "linspace";

/** The forward process: how much signal is left at each timestep. */
export interface NoiseSchedule {
  /** ᾱ of DDPM (Ho et al. 2020) at each training timestep, in 0..1, falling. */
  readonly alphasCumprod: Float64Array;
  /** ᾱ that the last step of DDIM goes to. */
  readonly finalAlpha: number;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  /** Added to every timestep in leading spacing. */
  readonly stepsOffset: number;
  /** Bound on predicted clean samples, where the model was trained with one. */
  readonly clipRange?: number;
}

/**
 * The noise schedule of a scheduler config.
 *
 * @throws {RangeError} if the beta schedule is not one of the three known ones.
 */
export function noiseSchedule(config: SchedulerConfig): NoiseSchedule {
  let betas = makeBetas(config);
  if (config.rescale_betas_zero_snr) betas = zeroTerminalSnr(betas);
  const alphasCumprod = cumulativeAlphas(betas);
  return {
    alphasCumprod,
    finalAlpha: config.set_alpha_to_one === true ? 1 : alphasCumprod[0]!,
    predictionType: config.prediction_type ?? "epsilon",
    timestepSpacing: config.timestep_spacing ?? "leading",
    stepsOffset: config.steps_offset ?? 0,
    clipRange: config.clip_sample ? config.clip_sample_range ?? 1 : undefined,
  };
}

function makeBetas(config: SchedulerConfig): Float64Array {
  if (config.trained_betas) return Float64Array.from(config.trained_betas);
  const steps = config.num_train_timesteps ?? 1000;
  const {
    beta_start: from = 0.0001,
    beta_end: to = 0.02,
    beta_schedule = "linear",
  } = config;
  switch (beta_schedule) {
    case "linear":
      return linspace(from, to, steps);
    case "scaled_linear":
      return linspace(Math.sqrt(from), Math.sqrt(to), steps).map((root) =>
        root ** 2
      );
    case "squaredcos_cap_v2":
      return cosineBetas(steps);
    default:
      throw new RangeError(
        `Beta schedule "${beta_schedule}" is not known: it must be linear, scaled_linear or squaredcos_cap_v2`,
      );
  }
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

/** Shifts and scales the betas so that no signal is left at the end (Lin et al. 2023, Algorithm 1). */
function zeroTerminalSnr(betas: Float64Array): Float64Array {
  const roots = cumulativeAlphas(betas).map(Math.sqrt);
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

/** What a v-predicting model should answer: `√ᾱ·noise − √(1−ᾱ)·x0` (Salimans & Ho 2022, 4). */
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

/** Clean sample and noise that a model's prediction stands for, at the given ᾱ. */
export function splitPrediction(
  schedule: NoiseSchedule,
  x: Float32Array,
  prediction: Float32Array,
  alpha: number,
): { x0: Float32Array; epsilon: Float32Array } {
  const signal = Math.sqrt(alpha);
  const sigma = Math.sqrt(1 - alpha);
  const x0 = new Float32Array(x.length);
  const epsilon = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!, predicted = prediction[i]!;
    switch (schedule.predictionType) {
      case "epsilon":
        x0[i] = (value - sigma * predicted) / signal;
        epsilon[i] = predicted;
        break;
      case "v_prediction":
        x0[i] = signal * value - sigma * predicted;
        epsilon[i] = signal * predicted + sigma * value;
        break;
      case "sample":
        x0[i] = predicted;
        epsilon[i] = (value - signal * predicted) / sigma;
    }
  }
  const range = schedule.clipRange;
  if (range === undefined) return { x0, epsilon };
  return {
    x0: x0.map((value) => Math.min(range, Math.max(-range, value))),
    epsilon,
  };
}
