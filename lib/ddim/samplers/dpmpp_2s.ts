import {
  combine,
  predictedClean,
  preservingStart,
  solverLevels,
} from "../preserving.ts";
import { multistepSettings } from "../multistep.ts";
import { same, type SamplerKind } from "../sampler.ts";

/**
 * DPM-Solver++(2S), the second-order singlestep solver (Lu et al. 2022, Algorithm 1).
 *
 * Steps of first and second order alternate; every second one starts again where the first did.
 */
export const dpm2s: SamplerKind<"dpm++2s"> = {
  name: "dpm++2s",
  summary: "DPM-Solver++, singlestep, second order (Lu et al. 2022)",
  takes: ["sigmas", "timesteps"],
  steps: 20,
  scheduler: { name: "DPMSolverSinglestepScheduler" },
  follows: {
    ...multistepSettings,
    final_sigmas_type: ["zero"],
    algorithm_type: ["dpmsolver++", "deis"],
    solver_order: [2],
  },
  plan(schedule, options) {
    // the reference lays the timesteps evenly whatever the config says
    const even = { ...schedule, timestepSpacing: "linspace" } as const;
    const laid = solverLevels(even, options);
    const { levels, timesteps } = laid;
    const start = preservingStart(laid);
    const { steps } = start;
    const second = (i: number) => i % 2 === 1 && i < steps - 1;
    return {
      ...start,
      timesteps,
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        let before: { x: Float32Array; x0: Float32Array } | undefined;
        for (let i = from; i < steps; i++) {
          const x0 = yield* predictedClean(schedule, x, laid, i);
          const to = levels[i + 1]!;
          if (before === undefined || !second(i)) {
            before = { x, x0 };
            const gain = -Math.expm1(levels[i]!.lambda - to.lambda);
            const keep = to.sigma / levels[i]!.sigma;
            x = after(combine([keep, x], [to.alpha * gain, x0]), i);
            continue;
          }
          const first = levels[i - 1]!;
          const gain = -Math.expm1(first.lambda - to.lambda);
          const ratio = (levels[i]!.lambda - first.lambda) /
            (to.lambda - first.lambda);
          const bend = gain / (2 * ratio);
          x = after(
            combine(
              [to.sigma / first.sigma, before.x],
              [to.alpha * (gain - bend), before.x0],
              [to.alpha * bend, x0],
            ),
            i,
          );
        }
        return x;
      },
    };
  },
};
