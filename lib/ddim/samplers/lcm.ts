import { clipOnRequest, discreteStart, predicted } from "../discrete.ts";
import { distilledTimesteps } from "../distilled_timesteps.ts";
import { noiseFor } from "../exploding.ts";
import { addNoise } from "../noise_schedule.ts";
import { combine } from "../preserving.ts";
import { latentBetas } from "../class_defaults.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";
import { wholeTimesteps } from "../timesteps.ts";

/** Standard deviation of data that the boundary condition assumes (Song et al. 2023, appendix C). */
const dataSigma = 0.5;

/** Multistep consistency sampling: to the clean sample, and back to less noise (Luo et al. 2023, Algorithm 2). */
export const lcm: SamplerKind<"lcm"> = {
  name: "lcm",
  summary: "latent consistency models, 1 to 8 steps (Luo et al. 2023)",
  takes: ["originalSteps", "timestepScaling", "timesteps"],
  defaults: { originalSteps: 50, timestepScaling: 10 },
  steps: 4,
  scheduler: {
    name: "LCMScheduler",
    defaults: { ...latentBetas, beta_schedule: "scaled_linear" },
  },
  plan(schedule, options) {
    const { steps, originalSteps = 50, timestepScaling = 10 } = options;
    const clip = clipOnRequest(schedule.config);
    const train = schedule.alphasCumprod.length;
    const timesteps = options.timesteps
      ? wholeTimesteps(options.timesteps, train)
      : distilledTimesteps(train, steps, originalSteps);
    return {
      ...discreteStart(schedule, timesteps),
      timesteps,
      run: stepByStep(timesteps.length, function* (x, i, noise) {
        const timestep = timesteps[i]!;
        const at = { step: i, call: i, timestep, clip };
        const { x0 } = yield* predicted(schedule, x, at);
        const scaled = timestep * timestepScaling;
        const spread = scaled ** 2 + dataSigma ** 2;
        const clean = combine(
          [scaled / Math.sqrt(spread), x0],
          [dataSigma ** 2 / spread, x],
        );
        const next = timesteps[i + 1];
        return next === undefined
          ? clean
          : addNoise(schedule, clean, noiseFor(noise, i), next);
      }),
    };
  },
};
