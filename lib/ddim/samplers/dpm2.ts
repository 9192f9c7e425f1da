import {
  denoised,
  eulerStep,
  explodingLevels,
  explodingStart,
  type Levels,
} from "../exploding.ts";
import type { NoiseSchedule } from "../noise_schedule.ts";
import { same, type SamplerKind } from "../sampler.ts";
import type { SamplerOptions } from "../sampler_options.ts";
import { roundHalfEven } from "../timesteps.ts";
import { middles, twice } from "../two_calls.ts";

/** DPM-Solver-2: the slope at the geometric middle of a step (Lu et al. 2022, Algorithm 1; k-diffusion). */
export const dpm2: SamplerKind<"dpm2"> = {
  name: "dpm2",
  summary: "DPM-Solver-2, two evaluations a step (Lu et al. 2022)",
  takes: ["sigmas", "spacing"],
  steps: 15,
  scheduler: { name: "KDPM2DiscreteScheduler" },
  plan(schedule, options) {
    const levels = roundedLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    const { middle, between } = middles(levels);
    return {
      ...start,
      timesteps: twice(timesteps, between),
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        for (let i = from; i < start.steps; i++) {
          const sigma = sigmas[i]!, next = sigmas[i + 1]!;
          const at = { step: i, call: 2 * i, timestep: timesteps[i]!, sigma };
          const x0 = yield* denoised(schedule, x, at);
          if (next === 0) return after(eulerStep(x, x0, sigma, 0), 2 * i);
          const half = middle(i);
          const moved = after(eulerStep(x, x0, sigma, half), 2 * i);
          const second = {
            step: i,
            call: 2 * i + 1,
            timestep: between(i),
            sigma: half,
          };
          const seen = yield* denoised(schedule, moved, second);
          const by = (next - sigma) / half;
          x = after(
            x.map((value, j) => value + (moved[j]! - seen[j]!) * by),
            2 * i + 1,
          );
        }
        return x;
      },
    };
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
