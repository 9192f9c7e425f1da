import { discreteStart, predicted } from "../discrete.ts";
import { distilledTimesteps } from "../distilled_timesteps.ts";
import { noiseFor } from "../exploding.ts";
import { combine } from "../preserving.ts";
import { latentBetas } from "../class_defaults.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";
import { wholeTimesteps } from "../timesteps.ts";

/** Strategic stochastic sampling: below the next timestep, and back up with noise (Zheng et al. 2024, Algorithm 4). */
export const tcd: SamplerKind<"tcd"> = {
  name: "tcd",
  summary:
    "trajectory consistency distillation, 1 to 8 steps (Zheng et al. 2024)",
  takes: ["eta", "originalSteps", "timesteps"],
  defaults: { eta: 0.3, originalSteps: 50 },
  steps: 4,
  scheduler: {
    name: "TCDScheduler",
    defaults: { ...latentBetas, beta_schedule: "scaled_linear" },
  },
  plan(schedule, options) {
    const { steps, eta = 0.3, originalSteps = 50 } = options;
    const { alphasCumprod } = schedule;
    const timesteps = options.timesteps
      ? wholeTimesteps(options.timesteps, alphasCumprod.length)
      : distilledTimesteps(alphasCumprod.length, steps, originalSteps);
    return {
      ...discreteStart(schedule, timesteps),
      timesteps,
      run: stepByStep(timesteps.length, function* (x, i, noise) {
        const timestep = timesteps[i]!;
        const at = { step: i, call: i, timestep };
        const { x0, epsilon } = yield* predicted(schedule, x, at);
        const last = i === timesteps.length - 1;
        const end = timesteps[i + 1] ?? 0;
        const low = alphasCumprod[Math.floor((1 - eta) * end)]!;
        const below = combine([Math.sqrt(low), x0], [
          Math.sqrt(1 - low),
          epsilon,
        ]);
        const up = alphasCumprod[end]! / low;
        return eta === 0 || last ? below : combine(
          [Math.sqrt(up), below],
          [Math.sqrt(1 - up), noiseFor(noise, i)],
        );
      }),
    };
  },
};
