import {
  ancestral,
  eulerStep,
  explodingLevels,
  withNoise,
} from "../exploding.ts";
import { latentBetas } from "../class_defaults.ts";
import type { SamplerKind } from "../sampler.ts";
import { middleOf, twoCallPlan } from "../two_calls.ts";

/** DPM-Solver++ on the SDE, with a half step in between (Lu et al. 2022; k-diffusion, r = 1/2). */
export const dpmSde: SamplerKind<"dpm++sde"> = {
  name: "dpm++sde",
  summary: "DPM-Solver++ on the SDE, two evaluations a step (k-diffusion)",
  takes: ["sigmas", "spacing"],
  steps: 12,
  scheduler: { name: "DPMSolverSDEScheduler", defaults: latentBetas },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const second = middleOf(levels);
    return twoCallPlan(schedule, levels, {
      second,
      move: ({ i, x, x0, sigma }, noise) =>
        step(x, x0, sigma, second(i).sigma, noise),
      finish: ({ x, seen, sigma, next }, noise) =>
        step(x, seen, sigma, next, noise),
    });
  },
};

/** The exact solution of the linear part from σ to `to`, and the noise of the SDE. */
function step(
  x: Float32Array,
  x0: Float32Array,
  sigma: number,
  to: number,
  noise: () => Float32Array,
): Float32Array {
  const { up, down } = ancestral(sigma, to);
  return withNoise(eulerStep(x, x0, sigma, down), up, noise);
}
