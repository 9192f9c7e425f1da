import { quote } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import type { NoiseSchedule, SchedulerConfig } from "./noise_schedule.ts";

/** Values of a sampler's own settings that it has, by key of the scheduler config. */
export type OwnSettings = {
  readonly [K in keyof SchedulerConfig]?: readonly SchedulerConfig[K][];
};

/**
 * Refuses a config that wants of a sampler what it does not have, where taking the default instead
 * would change the picture without a word.
 *
 * @throws {LocRefError} `config-invalid`, naming sampler, key, value and what there is.
 */
export function checkOwnSettings(
  sampler: string,
  { config }: NoiseSchedule,
  settings: OwnSettings,
): void {
  for (const [key, known] of Object.entries(settings)) {
    const value = config[key as keyof SchedulerConfig];
    const values: readonly unknown[] = known;
    if (value === undefined || value === null) continue;
    // An empty list is the one list that samplers can follow.
    const empty = Array.isArray(value) && value.length === 0;
    if (empty || values.includes(value)) continue;
    throw new LocRefError(
      "config-invalid",
      `Sampler "${sampler}" cannot follow the model's scheduler config: ${key} is ${
        quote(value)
      }, it must be ${values.map(quote).join(" or ") || "[]"}`,
    );
  }
}
