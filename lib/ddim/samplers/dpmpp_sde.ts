import {
  ancestral,
  denoised,
  eulerStep,
  explodingLevels,
  explodingStart,
  noiseFor,
  withNoise,
} from "../exploding.ts";
import { same, type SamplerKind } from "../sampler.ts";
import { middles, twice } from "../two_calls.ts";

/** DPM-Solver++ on the SDE, with a half step in between (Lu et al. 2022; k-diffusion, r = 1/2). */
export const dpmSde: SamplerKind<"dpm++sde"> = {
  name: "dpm++sde",
  summary: "DPM-Solver++ on the SDE, two evaluations a step (k-diffusion)",
  takes: ["sigmas", "spacing"],
  steps: 12,
  scheduler: { name: "DPMSolverSDEScheduler" },
  plan(schedule, options) {
    const levels = explodingLevels(schedule, options);
    const { sigmas, timesteps } = levels;
    const start = explodingStart(schedule, levels);
    const { middle, between } = middles(levels);
    return {
      ...start,
      timesteps: twice(timesteps, between),
      *run(sample, { from = 0, noise, after = same } = {}) {
        let x = sample;
        for (let i = from; i < start.steps; i++) {
          const sigma = sigmas[i]!, next = sigmas[i + 1]!;
          const call = 2 * i;
          const at = { step: i, call, timestep: timesteps[i]!, sigma };
          const x0 = yield* denoised(schedule, x, at);
          if (next === 0) return after(eulerStep(x, x0, sigma, 0), call);
          const half = middle(i);
          const fresh = (call: number) => () => noiseFor(noise, call);
          const moved = after(step(x, x0, sigma, half, fresh(call)), call);
          const second = {
            step: i,
            call: call + 1,
            timestep: between(i),
            sigma: half,
          };
          const seen = yield* denoised(schedule, moved, second);
          x = after(step(x, seen, sigma, next, fresh(call + 1)), call + 1);
        }
        return x;
      },
    };
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
