/** `scheduler_config.json`, as diffusers writes it. */

import {
  checkObject,
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";
import type { SchedulerConfig } from "./scheduler_config.ts";
import { schedulerEntries } from "./scheduler_fields.ts";

export type { SchedulerConfig };

/**
 * Checks the config of a scheduler. Defaults are left to the sampler that runs.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseSchedulerConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<SchedulerConfig> {
  checkObject(value, place);
  const given = withoutDefaults(value);
  const { warnings } = parseConfig(schedulerEntries, given, place, {
    misfits: misfits,
  });
  return { config: inOrder(given), warnings };
}

/** A key of which the file itself says that nobody set it counts as missing, as in diffusers. */
function withoutDefaults(
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { _use_default_values: unset } = value;
  const skipped: readonly unknown[] = Array.isArray(unset) ? unset : [];
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !skipped.includes(key)),
  );
}

/** The keys that are known come first, as exports list them. */
function inOrder(given: Readonly<Record<string, unknown>>): SchedulerConfig {
  const known = Object.keys(schedulerEntries).filter((key) =>
    Object.hasOwn(given, key)
  );
  return {
    ...Object.fromEntries(known.map((key) => [key, given[key]])),
    ...given,
  };
}

function misfits(config: SchedulerConfig): Misfit[] {
  const { beta_start, beta_end, trained_betas } = config;
  const train = config.num_train_timesteps ?? 1000;
  const from = beta_start ?? 0.0001, to = beta_end ?? 0.02;
  const found: Misfit[] = [];
  const check = (key: keyof SchedulerConfig, fits: boolean, rule: string) => {
    if (!fits) found.push({ key, value: config[key], rule });
  };
  check(
    beta_start == null ? "beta_end" : "beta_start",
    from <= to,
    beta_start == null
      ? `must not be below beta_start, which is ${from}`
      : `must not be above beta_end, which is ${to}`,
  );
  if (trained_betas) {
    check(
      "trained_betas",
      trained_betas.length === train,
      `must hold num_train_timesteps of them, ${train}, and not ${trained_betas.length}`,
    );
    trained_betas.forEach((value, i) => {
      if (value > 0 && value < 1) return;
      const rule = "must be a number above 0 and below 1";
      found.push({ key: `trained_betas[${i}]`, value, rule });
    });
  }
  check(
    "steps_offset",
    (config.steps_offset ?? 0) < train,
    `must be below num_train_timesteps, which is ${train}`,
  );
  check(
    "rescale_betas_zero_snr",
    !config.rescale_betas_zero_snr ||
      (config.prediction_type ?? "epsilon") !== "epsilon",
    'cannot go together with prediction_type "epsilon": noise alone does not say what the clean sample is',
  );
  return found;
}
