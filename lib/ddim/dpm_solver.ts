import { type NoiseSchedule, splitPrediction } from "./noise_schedule.ts";
import { checkOwnSettings, type OwnSettings } from "./own_settings.ts";
import type { Sampler } from "./sampler.ts";
import { karrasSigmas, sigmaAt, timestepOf, trainingSigmas } from "./sigmas.ts";
import {
  checkSteps,
  inferenceTimesteps,
  leadingTimesteps,
  roundHalfEven,
} from "./timesteps.ts";

/** Options of {@linkcode dpmSolver}. */
export interface DpmSolverOptions {
  /** Number of steps. @default {20} */
  steps?: number;
  /** Whether sigmas are spaced as in Karras et al. 2022. @default {as the model's config says} */
  karras?: boolean;
}

/**
 * Names of solvers that diffusers takes for the one that is here are known, too. The order of the
 * last step is 1 whatever `lower_order_final` says, since it ends at σ = 0.
 */
const settings: OwnSettings = {
  algorithm_type: ["dpmsolver++", "deis"],
  solver_order: [2],
  solver_type: ["midpoint", "logrho", "bh1", "bh2"],
  use_exponential_sigmas: [false],
  use_beta_sigmas: [false],
  use_lu_lambdas: [false],
  final_sigmas_type: ["zero"],
  lambda_min_clipped: [-Infinity],
};

/** DPM-Solver++(2M), the second-order multistep solver (Lu et al. 2022, Algorithm 2). */
export function dpmSolver(
  schedule: NoiseSchedule,
  options: DpmSolverOptions = {},
): Sampler {
  const { steps = 20 } = options;
  const karras = options.karras ?? schedule.config.use_karras_sigmas ?? false;
  checkOwnSettings(
    options.karras ? "dpm++-karras" : "dpm++",
    schedule,
    settings,
  );
  const { timesteps, sigmas } = karras
    ? karrasTimesteps(schedule, steps)
    : plainTimesteps(schedule, steps);
  let previous: Float32Array | undefined;
  const cleanSample = (x: Float32Array, prediction: Float32Array, i: number) =>
    splitPrediction(schedule, x, prediction, 1 / (sigmas[i]! ** 2 + 1)).x0;
  return {
    timesteps,
    initialScale: 1,
    modelInput: (x) => x,
    cleanSample,
    step(x, prediction, i) {
      const x0 = cleanSample(x, prediction, i);
      const before = i > 0 && i < steps - 1 ? previous : undefined;
      previous = x0;
      return multistep(x, x0, before, sigmas, i);
    },
  };
}

/** One update from `sigmas[i]` to `sigmas[i + 1]`: of second order where `before` is known. */
function multistep(
  x: Float32Array,
  x0: Float32Array,
  before: Float32Array | undefined,
  sigmas: readonly number[],
  i: number,
): Float32Array {
  const from = sigmas[i]!, to = sigmas[i + 1]!;
  const alpha = (sigma: number) => 1 / Math.sqrt(sigma ** 2 + 1);
  // λ = log(α/σ) = −log σ in this view, since σ stands for σ/α.
  const h = Math.log(from) - Math.log(to);
  const keep = to * alpha(to) / (from * alpha(from));
  const gain = -alpha(to) * Math.expm1(-h);
  if (before === undefined) {
    return x.map((value, j) => keep * value + gain * x0[j]!);
  }
  const ratio = (Math.log(sigmas[i - 1]!) - Math.log(from)) / h;
  return x.map((value, j) => {
    const slope = (x0[j]! - before[j]!) / ratio;
    return keep * value + gain * (x0[j]! + slope / 2);
  });
}

interface SolverTimesteps {
  timesteps: number[];
  /** One more than timesteps; the last is 0. */
  sigmas: number[];
}

function plainTimesteps(
  schedule: NoiseSchedule,
  steps: number,
): SolverTimesteps {
  const training = trainingSigmas(schedule);
  const timesteps = multistepTimesteps(schedule, steps);
  return {
    timesteps,
    sigmas: [...timesteps.map((t) => sigmaAt(training, t)), 0],
  };
}

/** Like {@linkcode inferenceTimesteps}, but leading and linspace leave the last timestep to the solver. */
function multistepTimesteps(schedule: NoiseSchedule, steps: number): number[] {
  const train = schedule.alphasCumprod.length;
  checkSteps(steps, train - 1);
  switch (schedule.timestepSpacing ?? "linspace") {
    case "trailing":
      return inferenceTimesteps(schedule, steps, "trailing");
    case "linspace":
      return inferenceTimesteps(schedule, steps + 1, "linspace").slice(0, -1);
    case "leading": {
      const ratio = Math.floor(train / (steps + 1));
      return leadingTimesteps(schedule, ratio, { from: steps, to: 1 });
    }
  }
}

function karrasTimesteps(
  schedule: NoiseSchedule,
  steps: number,
): SolverTimesteps {
  checkSteps(steps, schedule.alphasCumprod.length - 1);
  const training = trainingSigmas(schedule);
  const range = { min: training[0]!, max: training.at(-1)! };
  const sigmas = karrasSigmas(schedule, range, steps);
  // diffusers rounds, but cuts where betas are cosines.
  const whole = schedule.config.beta_schedule === "squaredcos_cap_v2"
    ? Math.floor
    : roundHalfEven;
  const timesteps = sigmas.map((sigma) => whole(timestepOf(training, sigma)));
  return { timesteps, sigmas: [...sigmas, 0] };
}
