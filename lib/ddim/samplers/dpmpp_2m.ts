import { multistepPlan, multistepSettings } from "../multistep.ts";
import type { SamplerKind } from "../sampler.ts";

/** DPM-Solver++(2M), the second-order multistep solver (Lu et al. 2022, Algorithm 2). */
export const dpm2m: SamplerKind<"dpm++2m"> = {
  name: "dpm++2m",
  aliases: { "dpm++": {}, "dpm++-karras": { sigmas: "karras" } },
  summary: "DPM-Solver++, second order (Lu et al. 2022)",
  takes: ["sigmas", "timesteps", "final", "eulerAtFinal", "spacing"],
  steps: 20,
  follows: {
    ...multistepSettings,
    algorithm_type: ["dpmsolver++", "deis"],
    solver_order: [2],
  },
  scheduler: {
    name: "DPMSolverMultistepScheduler",
    where: { solver_order: 2, algorithm_type: "dpmsolver++" },
  },
  plan: (schedule, options) => multistepPlan(schedule, options, { order: 2 }),
};
