import { multistepPlan, multistepSettings } from "../multistep.ts";
import type { SamplerKind } from "../sampler.ts";

/** DPM-Solver++(2M) on the SDE, with fresh noise in every step (Lu et al. 2022, SDE-DPM-Solver++). */
export const dpm2mSde: SamplerKind<"dpm++2m-sde"> = {
  name: "dpm++2m-sde",
  summary: "DPM-Solver++ on the SDE, second order (Lu et al. 2022)",
  takes: ["sigmas", "timesteps", "final", "eulerAtFinal", "spacing"],
  steps: 20,
  follows: multistepSettings,
  scheduler: {
    name: "DPMSolverMultistepScheduler",
    where: { solver_order: 2, algorithm_type: "sde-dpmsolver++" },
  },
  plan: (schedule, options) =>
    multistepPlan(schedule, options, { order: 2, stochastic: true }),
};
