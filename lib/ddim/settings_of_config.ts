import { LocRefError } from "../core/error.ts";
import type { SchedulerConfig } from "./noise_schedule.ts";
import type { SamplerOptions, SigmaSpacing } from "./sampler_options.ts";

const spacingKeys = [
  ["use_karras_sigmas", "karras"],
  ["use_exponential_sigmas", "exponential"],
  ["use_beta_sigmas", "beta"],
  ["use_lu_lambdas", "lu"],
] as const;

/**
 * The options of samplers that a scheduler config of diffusers stands for.
 *
 * @throws {LocRefError} `config-invalid` if it requests two spacings at once.
 */
export function settingsOfConfig(config: SchedulerConfig): SamplerOptions {
  return {
    sigmas: spacingOf(config),
    order: config.solver_order ?? undefined,
    final: config.final_sigmas_type === "sigma_min" ? "sigma_min" : undefined,
    eulerAtFinal: config.euler_at_final ? true : undefined,
    originalSteps: config.original_inference_steps ?? undefined,
    timestepScaling: config.timestep_scaling ?? undefined,
    shift: config.shift ?? undefined,
  };
}

function spacingOf(config: SchedulerConfig): SigmaSpacing | undefined {
  const wanted = spacingKeys.filter(([key]) => config[key] === true);
  if (wanted.length < 2) return wanted[0]?.[1];
  throw new LocRefError(
    "config-invalid",
    `Scheduler config: ${
      wanted.map(([key]) => key).join(" and ")
    } are true, only one of them may be`,
  );
}
