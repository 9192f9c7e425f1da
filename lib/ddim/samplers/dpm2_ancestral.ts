import { ancestral, eulerStep, withNoise } from "../exploding.ts";
import { latentBetas } from "../class_defaults.ts";
import type { SamplerKind } from "../sampler.ts";
import { middleOf, twoCallPlan } from "../two_calls.ts";
import { roundedLevels } from "./dpm2.ts";

/** DPM-Solver-2 with fresh noise in every step (Katherine Crowson's k-diffusion). */
export const dpm2Ancestral: SamplerKind<"dpm2-a"> = {
  name: "dpm2-a",
  summary:
    "DPM-Solver-2 with fresh noise, two evaluations a step (k-diffusion)",
  takes: ["sigmas", "spacing"],
  steps: 15,
  scheduler: { name: "KDPM2AncestralDiscreteScheduler", defaults: latentBetas },
  plan(schedule, options) {
    const levels = roundedLevels(schedule, options);
    const { sigmas } = levels;
    const split = (i: number) => ancestral(sigmas[i]!, sigmas[i + 1]!);
    const second = middleOf(levels, (i) => split(i).down);
    return twoCallPlan(schedule, levels, {
      second,
      move: ({ i, x, x0, sigma }) => eulerStep(x, x0, sigma, second(i).sigma),
      finish({ i, x, sigma, moved, seen }, noise) {
        const { up, down } = split(i);
        const by = (down - sigma) / second(i).sigma;
        const next = x.map((value, j) => value + (moved[j]! - seen[j]!) * by);
        return withNoise(next, up, noise);
      },
    });
  },
};
