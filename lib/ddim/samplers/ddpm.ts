import { discreteStart, predicted } from "../discrete.ts";
import { noiseFor } from "../exploding.ts";
import { combine } from "../preserving.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";
import { inferenceTimesteps, wholeTimesteps } from "../timesteps.ts";

/** Ancestral sampling of DDPM with either of its two variances, the smaller by default (Ho et al. 2020, Algorithm 2, Eq. (7)). */
export const ddpm: SamplerKind<"ddpm"> = {
  name: "ddpm",
  summary: "ancestral sampling (Ho et al. 2020)",
  takes: ["timesteps", "spacing"],
  steps: 100,
  scheduler: { name: "DDPMScheduler" },
  follows: { variance_type: ["fixed_small", "fixed_small_log", "fixed_large"] },
  plan(schedule, { steps, timesteps: given }) {
    const { alphasCumprod, config } = schedule;
    const timesteps = given
      ? wholeTimesteps(given, alphasCumprod.length)
      : inferenceTimesteps(schedule, steps);
    return {
      ...discreteStart(schedule, timesteps),
      timesteps,
      run: stepByStep(timesteps.length, function* (x, i, noise) {
        const timestep = timesteps[i]!;
        const at = { step: i, call: i, timestep, clip: schedule.clipRange };
        const { x0 } = yield* predicted(schedule, x, at);
        const alpha = alphasCumprod[timestep]!;
        const end = timesteps[i + 1];
        const next = end === undefined ? 1 : alphasCumprod[end]!;
        const beta = 1 - alpha / next;
        const variance = config.variance_type === "fixed_large"
          ? beta
          : (1 - next) / (1 - alpha) * beta;
        const mean = combine(
          [Math.sqrt(next) * beta / (1 - alpha), x0],
          [Math.sqrt(1 - beta) * (1 - next) / (1 - alpha), x],
        );
        const sigma = timestep > 0 ? Math.sqrt(Math.max(variance, 1e-20)) : 0;
        return sigma > 0
          ? combine([1, mean], [sigma, noiseFor(noise, i)])
          : mean;
      }),
    };
  },
};
