import {
  ancestral,
  denoised,
  eulerStep,
  explodingStart,
  noiseFor,
  withNoise,
} from "../exploding.ts";
import { same, type SamplerKind } from "../sampler.ts";
import { middles, twice } from "../two_calls.ts";
import { roundedLevels } from "./dpm2.ts";

/** DPM-Solver-2 with fresh noise in every step (Katherine Crowson's k-diffusion). */
export const dpm2Ancestral: SamplerKind<"dpm2-a"> = {
  name: "dpm2-a",
  summary:
    "DPM-Solver-2 with fresh noise, two evaluations a step (k-diffusion)",
  takes: ["sigmas", "spacing"],
  steps: 15,
  scheduler: { name: "KDPM2AncestralDiscreteScheduler" },
  plan(schedule, options) {
    const levels = roundedLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    const split = (i: number) => ancestral(sigmas[i]!, sigmas[i + 1]!);
    const { middle, between } = middles(levels, (i) => split(i).down);
    return {
      ...start,
      timesteps: twice(timesteps, between),
      *run(sample, { from = 0, noise, after = same } = {}) {
        let x = sample;
        for (let i = from; i < start.steps; i++) {
          const sigma = sigmas[i]!;
          const at = { step: i, call: 2 * i, timestep: timesteps[i]!, sigma };
          const x0 = yield* denoised(schedule, x, at);
          if (sigmas[i + 1] === 0) {
            return after(eulerStep(x, x0, sigma, 0), 2 * i);
          }
          const { up, down } = split(i);
          const half = middle(i);
          const moved = after(eulerStep(x, x0, sigma, half), 2 * i);
          const call = 2 * i + 1;
          const second = { step: i, call, timestep: between(i), sigma: half };
          const seen = yield* denoised(schedule, moved, second);
          const by = (down - sigma) / half;
          const next = x.map((value, j) => value + (moved[j]! - seen[j]!) * by);
          x = after(withNoise(next, up, () => noiseFor(noise, call)), call);
        }
        return x;
      },
    };
  },
};
