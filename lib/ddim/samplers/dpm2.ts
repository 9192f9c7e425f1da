import { eulerStep, explodingLevels, type Levels } from "../exploding.ts";
import type { NoiseSchedule } from "../noise_schedule.ts";
import { latentBetas } from "../class_defaults.ts";
import type { SamplerKind } from "../sampler.ts";
import type { SamplerOptions } from "../sampler_options.ts";
import { roundHalfEven } from "../../core/round_half_even.ts";
import { middleOf, twoCallPlan } from "../two_calls.ts";

/** DPM-Solver-2: the slope at the geometric middle of a step (Lu et al. 2022, Algorithm 1; k-diffusion). */
export const dpm2: SamplerKind<"dpm2"> = {
  name: "dpm2",
  summary: "DPM-Solver-2, two evaluations a step (Lu et al. 2022)",
  takes: ["sigmas", "spacing"],
  steps: 15,
  scheduler: { name: "KDPM2DiscreteScheduler", defaults: latentBetas },
  plan(schedule, options) {
    const levels = roundedLevels(schedule, options);
    const second = middleOf(levels);
    return twoCallPlan(schedule, levels, {
      second,
      move: ({ i, x, x0, sigma }) => eulerStep(x, x0, sigma, second(i).sigma),
      finish({ i, x, sigma, next, moved, seen }) {
        const by = (next - sigma) / second(i).sigma;
        return x.map((value, j) => value + (moved[j]! - seen[j]!) * by);
      },
    });
  },
};

/** Levels whose timesteps are whole under Karras' spacing, as the reference has them. */
export function roundedLevels(
  schedule: NoiseSchedule,
  options: SamplerOptions & { readonly steps: number },
): Levels {
  const levels = explodingLevels(schedule, options);
  if (options.sigmas !== "karras") return levels;
  return { ...levels, timesteps: levels.timesteps.map(roundHalfEven) };
}
