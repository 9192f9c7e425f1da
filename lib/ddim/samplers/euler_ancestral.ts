import {
  ancestral,
  denoised,
  eulerStep,
  explodingLevels,
  explodingStart,
  noiseFor,
  withNoise,
} from "../exploding.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";

/** Euler's method with fresh noise in every step (Katherine Crowson's k-diffusion). */
export const eulerAncestral: SamplerKind<"euler-a"> = {
  name: "euler-a",
  summary: "Euler's method with fresh noise (k-diffusion)",
  takes: ["sigmas", "timesteps", "spacing"],
  steps: 30,
  scheduler: { name: "EulerAncestralDiscreteScheduler", lacks: ["sigmas"] },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    return {
      ...start,
      timesteps,
      run: stepByStep(start.steps, function* (x, i, noise) {
        const sigma = sigmas[i]!;
        const at = { step: i, call: i, timestep: timesteps[i]!, sigma };
        const x0 = yield* denoised(schedule, x, at);
        const { up, down } = ancestral(sigma, sigmas[i + 1]!);
        const moved = eulerStep(x, x0, sigma, down);
        return withNoise(moved, up, () => noiseFor(noise, i));
      }),
    };
  },
};
