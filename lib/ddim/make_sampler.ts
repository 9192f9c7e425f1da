import { ddim } from "./ddim.ts";
import { dpmSolver } from "./dpm_solver.ts";
import { euler } from "./euler.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import type { Sampler, SamplerName } from "./sampler.ts";

/** Options of {@linkcode makeSampler}. */
export interface SamplerOptions {
  /** Number of steps; each sampler's own default where absent. */
  steps?: number;
  /** η of DDIM. @default {0} */
  eta?: number;
}

/**
 * A fresh run of the sampler `name`.
 *
 * @throws {RangeError} if there is no sampler of that name.
 */
export function makeSampler(
  schedule: NoiseSchedule,
  name: SamplerName,
  options: SamplerOptions = {},
): Sampler {
  switch (name) {
    case "ddim":
      return ddim(schedule, options);
    case "dpm++":
      return dpmSolver(schedule, options);
    case "dpm++-karras":
      return dpmSolver(schedule, { ...options, karras: true });
    case "euler":
      return euler(schedule, options);
    default:
      throw new RangeError(
        `Sampler "${name}" is not known: it must be ddim, dpm++, dpm++-karras or euler`,
      );
  }
}
