import { multistepPlan, multistepSettings } from "../multistep.ts";
import type { SamplerKind } from "../sampler.ts";

/** DPM-Solver++ of third order (Lu et al. 2022, appendix), for runs without guidance. */
export const dpm3m: SamplerKind<"dpm++3m"> = {
  name: "dpm++3m",
  summary: "DPM-Solver++, third order (Lu et al. 2022)",
  takes: ["sigmas", "timesteps", "final", "eulerAtFinal", "spacing"],
  steps: 20,
  follows: multistepSettings,
  scheduler: {
    name: "DPMSolverMultistepScheduler",
    where: { solver_order: 3, algorithm_type: "dpmsolver++" },
  },
  plan: (schedule, options) => multistepPlan(schedule, options, { order: 3 }),
};
