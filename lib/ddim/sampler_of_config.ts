import { samplers } from "./samplers.ts";
import type { SchedulerConfig } from "./noise_schedule.ts";
import type { SamplerKind } from "./sampler.ts";

/**
 * The sampler that a `scheduler_config.json` of diffusers names.
 *
 * @returns `undefined` if no sampler runs that class.
 */
export function samplerOfConfig(
  config: SchedulerConfig,
): SamplerKind | undefined {
  const value = (key: string) =>
    Object.entries(config).find(([name]) => name === key)?.[1] ??
      classDefaults[key];
  // a parallel one computes several steps at once, and is the same otherwise
  const name = config._class_name?.replace("ParallelScheduler", "Scheduler");
  return [...samplers].find(({ scheduler }) =>
    name !== undefined && scheduler?.name === name &&
    Object.entries(scheduler?.where ?? {})
      .every(([key, wanted]) => value(key) === wanted)
  );
}

/** Defaults of the keys that distinguish scheduler classes. */
const classDefaults: Readonly<Record<string, unknown>> = {
  solver_order: 2,
  algorithm_type: "dpmsolver++",
};
