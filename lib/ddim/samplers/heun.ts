import { denoised, explodingLevels, explodingStart } from "../exploding.ts";
import { same, type SamplerKind } from "../sampler.ts";
import { twice } from "../two_calls.ts";

/** Heun's method: Euler's step, corrected by the slope at its end (Karras et al. 2022, Algorithm 1). */
export const heun: SamplerKind<"heun"> = {
  name: "heun",
  summary: "Heun's method, two evaluations a step (Karras et al. 2022)",
  takes: ["sigmas", "timesteps", "spacing"],
  steps: 15,
  scheduler: { name: "HeunDiscreteScheduler" },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    return {
      ...start,
      timesteps: twice(timesteps, (i) => timesteps[i + 1]!),
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        for (let i = from; i < start.steps; i++) {
          const sigma = sigmas[i]!, next = sigmas[i + 1]!;
          const at = { step: i, call: 2 * i, timestep: timesteps[i]!, sigma };
          const slope = slopeAt(x, yield* denoised(schedule, x, at), sigma);
          const moved = after(along(x, slope, next - sigma), 2 * i);
          if (next === 0) return moved;
          const second = {
            step: i,
            call: 2 * i + 1,
            timestep: timesteps[i + 1]!,
            sigma: next,
          };
          const x0 = yield* denoised(schedule, moved, second);
          const end = slopeAt(moved, x0, next);
          const mean = slope.map((value, j) => (value + end[j]!) / 2);
          x = after(along(x, mean, next - sigma), 2 * i + 1);
        }
        return x;
      },
    };
  },
};

function slopeAt(x: Float32Array, x0: Float32Array, sigma: number) {
  return x.map((value, j) => (value - x0[j]!) / sigma);
}

function along(x: Float32Array, slope: Float32Array, by: number) {
  return x.map((value, j) => value + slope[j]! * by);
}
