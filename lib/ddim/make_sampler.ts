import { suggestion } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { ddim } from "./ddim.ts";
import { dpmSolver } from "./dpm_solver.ts";
import { euler } from "./euler.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import { type Sampler, type SamplerName, samplerNames } from "./sampler.ts";

/** Options of {@linkcode makeSampler}. */
export interface SamplerOptions {
  /** Number of steps; each sampler's own default where absent. */
  steps?: number;
  /** η of DDIM; the others have none. @default {0} */
  eta?: number;
}

/**
 * Refuses options that the sampler `name` does not have. An η of 0 is what all of them do.
 *
 * @throws {RangeError} naming the option, its value and the sampler that has it.
 */
export function checkSamplerOptions(
  name: SamplerName,
  { eta = 0 }: SamplerOptions,
): void {
  if (eta === 0 || name === "ddim") return;
  throw new RangeError(
    `Option eta is ${quote(eta)}: sampler ${
      quote(name)
    } has none, only "ddim" has`,
  );
}

/**
 * A fresh run of the sampler `name`.
 *
 * @throws {RangeError} if there is no sampler of that name, or it lacks an option that is given.
 * @throws {LocRefError} `config-invalid` if the model's scheduler config wants what it does not have.
 */
export function makeSampler(
  schedule: NoiseSchedule,
  name: SamplerName,
  options: SamplerOptions = {},
): Sampler {
  checkSamplerOptions(name, options);
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
        `Sampler ${quote(name)} is not known${suggestion(name, samplerNames)}`,
      );
  }
}
