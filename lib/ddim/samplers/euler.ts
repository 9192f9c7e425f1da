import {
  denoised,
  eulerStep,
  explodingLevels,
  explodingStart,
} from "../exploding.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";

/** Euler's method on the probability-flow ODE (Karras et al. 2022, Algorithm 2 without churn). */
export const euler: SamplerKind<"euler"> = {
  name: "euler",
  summary: "Euler's method (Karras et al. 2022)",
  takes: ["sigmas", "timesteps", "final", "spacing"],
  steps: 30,
  scheduler: { name: "EulerDiscreteScheduler" },
  follows: { interpolation_type: ["linear"] },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    return {
      ...start,
      timesteps,
      run: stepByStep(start.steps, function* (x, i) {
        const sigma = sigmas[i]!;
        const at = { step: i, call: i, timestep: timesteps[i]!, sigma };
        const x0 = yield* denoised(schedule, x, at);
        return eulerStep(x, x0, sigma, sigmas[i + 1]!);
      }),
    };
  },
};
