import { clipOnRequest } from "../discrete.ts";
import { explodingLevels } from "../exploding.ts";
import { latentBetas } from "../class_defaults.ts";
import type { SamplerKind } from "../sampler.ts";
import { twoCallPlan, type TwoCallStep } from "../two_calls.ts";

/** Heun's method: Euler's step, corrected by the slope at its end (Karras et al. 2022, Algorithm 1). */
export const heun: SamplerKind<"heun"> = {
  name: "heun",
  summary: "Heun's method, two evaluations a step (Karras et al. 2022)",
  takes: ["sigmas", "timesteps", "spacing"],
  steps: 15,
  scheduler: { name: "HeunDiscreteScheduler", defaults: latentBetas },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const eulers = ({ x, x0, sigma, next }: TwoCallStep) =>
      along(x, slopeAt(x, x0, sigma), next - sigma);
    return twoCallPlan(schedule, levels, {
      second: (i) => ({ sigma: sigmas[i + 1]!, timestep: timesteps[i + 1]! }),
      move: eulers,
      finish({ x, x0, sigma, next, moved, seen }) {
        const slope = slopeAt(x, x0, sigma);
        const end = slopeAt(moved, seen, next);
        const mean = slope.map((value, j) => (value + end[j]!) / 2);
        return along(x, mean, next - sigma);
      },
      last: eulers,
      clip: clipOnRequest(schedule.config),
    });
  },
};

function slopeAt(x: Float32Array, x0: Float32Array, sigma: number) {
  return x.map((value, j) => (value - x0[j]!) / sigma);
}

function along(x: Float32Array, slope: Float32Array, by: number) {
  return x.map((value, j) => value + slope[j]! * by);
}
