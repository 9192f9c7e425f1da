import type { NoiseSchedule } from "./noise_schedule.ts";
import { splitPrediction } from "./prediction.ts";
import type { ModelCall, SamplerPlan } from "./sampler.ts";
import type { SamplerOptions } from "./sampler_options.ts";
import { sigmaAt, spacedSigmas, timestepOf, trainingSigmas } from "./sigmas.ts";
import { checkTimesteps, solverTimesteps } from "./timesteps.ts";
import { roundHalfEven } from "../core/round_half_even.ts";

/** A noise level in the variance-preserving view: `x = α·x0 + σ·ε` with α² + σ² = 1. */
export interface Level {
  readonly alpha: number;
  readonly sigma: number;
  /** Half the logarithm of the ratio of signal to noise, `log(α/σ)`; infinite where no noise is left. */
  readonly lambda: number;
}

/** Timesteps and noise levels of a multistep solver; one level more than timesteps. */
export interface SolverLevels {
  readonly timesteps: readonly number[];
  readonly levels: readonly Level[];
}

/**
 * Noise levels as DPM-Solver, DEIS and UniPC lay them out.
 *
 * @param cuts Whether timesteps of a spacing are cut, never rounded.
 */
export function solverLevels(
  schedule: NoiseSchedule,
  options: SamplerOptions & { readonly steps: number },
  { cuts = false }: { cuts?: boolean } = {},
): SolverLevels {
  const training = trainingSigmas(schedule);
  const { sigmas, timesteps } = spaced(schedule, options, { training, cuts });
  const last = options.final === "sigma_min" ? training[0]! : 0;
  return { timesteps, levels: [...sigmas, last].map(levelOf) };
}

function spaced(
  schedule: NoiseSchedule,
  options: SamplerOptions & { readonly steps: number },
  { training, cuts }: { training: Float64Array; cuts: boolean },
): { sigmas: readonly number[]; timesteps: readonly number[] } {
  if (options.sigmas === undefined) {
    const timesteps = options.timesteps
      ? checkTimesteps(options.timesteps, training.length)
      : solverTimesteps(schedule, options.steps);
    return { sigmas: timesteps.map((t) => sigmaAt(training, t)), timesteps };
  }
  const sigmas = spacedSigmas(schedule, options.sigmas, {
    min: training[0]!,
    max: training.at(-1)!,
    steps: options.steps,
  });
  // the reference rounds in two of the spacings and cuts in the others
  const rounds = options.sigmas === "karras" || options.sigmas === "lu";
  const whole = rounds && !cuts ? roundHalfEven : Math.floor;
  return {
    sigmas,
    timesteps: sigmas.map((sigma) => whole(timestepOf(training, sigma))),
  };
}

/** The level of σ of the variance-exploding view. */
function levelOf(sigma: number): Level {
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) };
}

/** The part that all plans over preserving noise levels share: the start, and image to image. */
export function preservingStart(
  { levels }: SolverLevels,
): Pick<SamplerPlan, "steps" | "initialScale" | "noised"> {
  return {
    steps: levels.length - 1,
    initialScale: 1,
    noised: (clean, noise, step) => {
      const { alpha, sigma } = levels[step]!;
      return clean.map((value, j) => alpha * value + sigma * noise[j]!);
    },
  };
}

/** The clean sample that the model predicts for `sample` at step `step` of a solver. */
export function* predictedClean(
  schedule: NoiseSchedule,
  sample: Float32Array,
  { timesteps, levels }: SolverLevels,
  step: number,
): Generator<ModelCall, Float32Array, Float32Array> {
  const { alpha } = levels[step]!;
  const clean = (prediction: Float32Array) =>
    splitPrediction(schedule, sample, prediction, alpha ** 2).x0;
  const timestep = timesteps[step]!;
  return clean(
    yield { step, call: step, timestep, input: sample, sample, clean },
  );
}

/** `Σ factor·term` over samples of equal size. */
export function combine(
  ...terms: readonly (readonly [factor: number, term: Float32Array])[]
): Float32Array {
  const out = new Float32Array(terms[0]![1].length);
  for (let j = 0; j < out.length; j++) {
    let sum = 0;
    for (const [factor, term] of terms) sum += factor * term[j]!;
    out[j] = sum;
  }
  return out;
}
