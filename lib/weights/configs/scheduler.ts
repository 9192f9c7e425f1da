/** `scheduler_config.json`, as diffusers writes it. */

import * as v from "valibot";
import { suggestion } from "../../core/known_keys.ts";
import { parsePythonJson } from "../../core/parse_json.ts";
import { quote, shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { readJson } from "../../core/read_json.ts";
import { checkSettingsFile, configLimit } from "./read_config_file.ts";
import type { SchedulerConfig } from "./scheduler_config.ts";
import {
  numberBetween,
  numberFrom,
  oneOf,
  onlyFalse,
  wholeFrom,
  yesOrNo,
} from "./fields.ts";

const beta = numberBetween(0, 1);

/** Schedulers of diffusers that share one forward process; their own steps are not used. */
const classes = [
  "DDIMScheduler",
  "DDPMScheduler",
  "PNDMScheduler",
  "LMSDiscreteScheduler",
  "EulerDiscreteScheduler",
  "EulerAncestralDiscreteScheduler",
  "HeunDiscreteScheduler",
  "KDPM2DiscreteScheduler",
  "KDPM2AncestralDiscreteScheduler",
  "DPMSolverMultistepScheduler",
  "DPMSolverSinglestepScheduler",
  "DPMSolverSDEScheduler",
  "DEISMultistepScheduler",
  "UniPCMultistepScheduler",
  "LCMScheduler",
  "TCDScheduler",
] as const;

/** The forward process: every sampler reads these. */
const process = {
  _class_name: oneOf(...classes),
  num_train_timesteps: wholeFrom(2, 10_000),
  beta_start: v.nullish(beta),
  beta_end: v.nullish(beta),
  beta_schedule: oneOf("linear", "scaled_linear", "squaredcos_cap_v2"),
  trained_betas: v.nullish(v.array(beta, "must be a list of numbers")),
  prediction_type: oneOf("epsilon", "v_prediction", "sample"),
  rescale_betas_zero_snr: yesOrNo,
  timestep_spacing: oneOf("leading", "trailing", "linspace"),
  steps_offset: wholeFrom(0, 9_999),
};

/** DDIM's own. */
const ddim = {
  clip_sample: yesOrNo,
  clip_sample_range: numberFrom(0),
  set_alpha_to_one: yesOrNo,
};

/** Read by the samplers, which refuse the values that they do not have. */
const solvers = {
  use_karras_sigmas: yesOrNo,
  use_exponential_sigmas: yesOrNo,
  use_beta_sigmas: yesOrNo,
  use_lu_lambdas: yesOrNo,
  final_sigmas_type: oneOf("zero", "sigma_min"),
  sigma_min: numberFrom(0),
  sigma_max: numberFrom(0),
  interpolation_type: oneOf("linear", "log_linear"),
  algorithm_type: oneOf(
    "dpmsolver++",
    "dpmsolver",
    "sde-dpmsolver",
    "sde-dpmsolver++",
    "deis",
  ),
  solver_order: wholeFrom(1, 3),
  euler_at_final: yesOrNo,
  original_inference_steps: wholeFrom(1, 10_000),
  timestep_scaling: numberFrom(0),
  shift: numberFrom(0),
  solver_type: oneOf("midpoint", "heun", "logrho", "bh1", "bh2"),
  lambda_min_clipped: v.nullish(v.number("must be a number")),
};

/** What would change the function of the model and exists in one value only. */
const fixed = {
  thresholding: onlyFalse,
  use_flow_sigmas: onlyFalse,
  use_dynamic_shifting: onlyFalse,
  timestep_type: oneOf("discrete"),
  predict_epsilon: v.nullish(v.literal(true, "is only supported as true")),
  variance_type: oneOf(
    "fixed_small",
    "fixed_small_log",
    "fixed_large",
    "fixed_large_log",
  ),
};

/**
 * Steps of samplers that do not exist here, and numbers of switches that are off: without effect
 * on DDIM, DPM-Solver++(2M) and Euler.
 */
const irrelevant = [
  "_diffusers_version",
  "_use_default_values",
  "skip_prk_steps",
  "lower_order_final",
  "dynamic_thresholding_ratio",
  "sample_max_value",
  "flow_shift",
  "time_shift_type",
  "shift_terminal",
  "predict_x0",
  "disable_corrector",
  "solver_p",
  "noise_sampler_seed",
  "timestep_values",
  "tensor_format",
] as const;

const schema = v.looseObject({ ...process, ...ddim, ...solvers, ...fixed });

export type { SchedulerConfig };

/** Keys that a scheduler config may hold. */
export const schedulerKeys: readonly string[] = [
  ...Object.keys(schema.entries),
  ...irrelevant,
];

/**
 * Reads a `scheduler_config.json`.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid`; `config-invalid` for a key or a value that
 * is not known, or not supported.
 */
export async function readScheduler(path: string): Promise<SchedulerConfig> {
  await checkSettingsFile(path, configLimit);
  const value = await readJson<unknown>(path, parsePythonJson);
  const of = `File "${path}"`;
  const config = checkScheduler(value, of);
  for (const key of Object.keys(config)) {
    if (schedulerKeys.includes(key)) continue;
    throw invalid(
      of,
      `key ${quote(key)} is not known${suggestion(key, schedulerKeys)}`,
    );
  }
  return config;
}

/**
 * The settings of a scheduler, each of a known value. Keys that are not known are left alone.
 *
 * @param of Name of the config in messages.
 * @throws {LocRefError} `config-invalid`, naming the key, its value, and what is allowed.
 */
export function checkScheduler(
  value: unknown,
  of: string = "Scheduler config",
): SchedulerConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(of, `it must be an object, got ${quote(value)}`);
  }
  const given = withoutDefaults(value);
  const result = v.safeParse(schema, given);
  if (!result.success) {
    const [issue] = result.issues;
    const key = v.getDotPath(issue) ?? "";
    throw invalid(
      of,
      `${shorten(key)} is ${quote(issue.input)}, it ${issue.message}`,
    );
  }
  checkTogether(result.output, of);
  return result.output;
}

/** A key of which the file itself says that nobody set it counts as missing, as in diffusers. */
function withoutDefaults(value: object): object {
  const { _use_default_values: unset } = value as Record<string, unknown>;
  if (!Array.isArray(unset)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !unset.includes(key)),
  );
}

function checkTogether(config: SchedulerConfig, of: string): void {
  const { beta_start, beta_end, trained_betas } = config;
  const train = config.num_train_timesteps ?? 1000;
  const from = beta_start ?? 0.0001, to = beta_end ?? 0.02;
  if (from > to) {
    throw invalid(
      of,
      `beta_start is ${from}, it must not be above beta_end, which is ${to}`,
    );
  }
  if (trained_betas && trained_betas.length !== train) {
    throw invalid(
      of,
      `trained_betas holds ${trained_betas.length} numbers, it must hold num_train_timesteps of them, ${train}`,
    );
  }
  const offset = config.steps_offset ?? 0;
  if (offset >= train) {
    throw invalid(
      of,
      `steps_offset is ${offset}, it must be below num_train_timesteps, which is ${train}`,
    );
  }
  const predicts = config.prediction_type ?? "epsilon";
  if (config.rescale_betas_zero_snr && predicts === "epsilon") {
    throw invalid(
      of,
      `rescale_betas_zero_snr is true and prediction_type is "epsilon", which cannot go together: noise alone does not say what the clean sample is`,
    );
  }
}

function invalid(of: string, reason: string): LocRefError {
  return new LocRefError("config-invalid", `${of}: ${reason}`);
}
