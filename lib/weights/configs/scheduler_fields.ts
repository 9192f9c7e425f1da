/**
 * Fields of a scheduler config, as diffusers' schedulers know them (0.42). Each may be missing or
 * null, which counts as missing.
 */

import * as v from "valibot";
import {
  anyNumber,
  between,
  type Field,
  field,
  flag,
  inertFields,
  numberFrom,
  only,
  whole,
} from "./model_fields.ts";

/** Any scheduler whose forward process is that of diffusion: a run may name a sampler in its place. */
const schedulerClass = field<string>(
  (value) => typeof value === "string" && !/^(FlowMatch|$)/.test(value),
  "must be the name of a scheduler, not one of flows",
);

const betaList = field<readonly number[]>(
  (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "number"),
  "must be a list of numbers",
);

const stepList = field<readonly number[]>(
  (value) => Array.isArray(value) && value.every(Number.isInteger),
  "must be a list of steps",
);

/** The forward process: every sampler reads these. */
const process = {
  _class_name: maybe(schedulerClass),
  num_train_timesteps: maybe(whole(2, 10_000)),
  beta_start: maybe(between(0, 1)),
  beta_end: maybe(between(0, 1)),
  beta_schedule: maybe(only(["linear", "scaled_linear", "squaredcos_cap_v2"])),
  trained_betas: maybe(betaList),
  prediction_type: maybe(only(["epsilon", "v_prediction", "sample"])),
  rescale_betas_zero_snr: maybe(flag),
  timestep_spacing: maybe(only(["leading", "trailing", "linspace"])),
  steps_offset: maybe(whole(0, 9_999)),
};

/** DDIM's own. */
const ddim = {
  clip_sample: maybe(flag),
  clip_sample_range: maybe(numberFrom(0)),
  set_alpha_to_one: maybe(flag),
};

/** Read by the samplers, which refuse the values that they do not have. */
const solvers = {
  use_karras_sigmas: maybe(flag),
  use_exponential_sigmas: maybe(flag),
  use_beta_sigmas: maybe(flag),
  use_lu_lambdas: maybe(flag),
  final_sigmas_type: maybe(only(["zero", "sigma_min"])),
  sigma_min: maybe(numberFrom(0)),
  sigma_max: maybe(numberFrom(0)),
  interpolation_type: maybe(only(["linear", "log_linear"])),
  algorithm_type: maybe(only([
    "dpmsolver++",
    "dpmsolver",
    "sde-dpmsolver",
    "sde-dpmsolver++",
    "deis",
    "data_prediction",
    "noise_prediction",
  ])),
  solver_order: maybe(whole(1, 3)),
  solver_type: maybe(only(["midpoint", "heun", "logrho", "bh1", "bh2"])),
  lower_order_final: maybe(flag),
  euler_at_final: maybe(flag),
  predict_x0: maybe(flag),
  disable_corrector: maybe(stepList),
  original_inference_steps: maybe(whole(1, 10_000)),
  timestep_scaling: maybe(numberFrom(0)),
  shift: maybe(numberFrom(0)),
  lambda_min_clipped: maybe(anyNumber),
  skip_prk_steps: maybe(flag),
};

/** Settings that would change the function of the model, with the values that are supported. */
const fixed = {
  thresholding: maybe(only([false])),
  use_flow_sigmas: maybe(only([false])),
  use_dynamic_shifting: maybe(only([false])),
  timestep_type: maybe(only(["discrete"])),
  predict_epsilon: maybe(only([true])),
  variance_type: maybe(only([
    "fixed_small",
    "fixed_small_log",
    "fixed_large",
    "fixed_large_log",
  ])),
};

/**
 * Steps of samplers that do not exist here, numbers of switches that are off, and notes of programs
 * that write more than diffusers reads.
 */
const others = inertFields([
  "corrector_order",
  "dynamic_thresholding_ratio",
  "flow_shift",
  "noise_sampler_seed",
  "predictor_order",
  "sample_max_value",
  "shift_terminal",
  "solver_p",
  "tau_func",
  "tensor_format",
  "time_shift_type",
  "timestep_values",
]);

/** All fields. */
export const schedulerEntries = {
  ...process,
  ...ddim,
  ...solvers,
  ...fixed,
  ...others,
};

function maybe<T>(
  wanted: Field<T>,
): v.NullishSchema<Field<T>, undefined> {
  return v.nullish(wanted);
}
