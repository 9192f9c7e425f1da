import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  checkScheduler,
  readScheduler,
  type SchedulerConfig,
} from "../../../../lib/weights/configs/scheduler.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { inTempDir } from "../temp_dir.ts";

/** Every key that DDIM, PNDM, DPM-Solver and Euler of diffusers write, at its default there. */
const everyKey = {
  _class_name: "DPMSolverMultistepScheduler",
  _diffusers_version: "0.42.1",
  algorithm_type: "dpmsolver++",
  beta_end: 0.02,
  beta_schedule: "linear",
  beta_start: 0.0001,
  clip_sample: true,
  clip_sample_range: 1.0,
  dynamic_thresholding_ratio: 0.995,
  euler_at_final: false,
  final_sigmas_type: "zero",
  flow_shift: 1.0,
  interpolation_type: "linear",
  lower_order_final: true,
  num_train_timesteps: 1000,
  prediction_type: "epsilon",
  rescale_betas_zero_snr: false,
  sample_max_value: 1.0,
  set_alpha_to_one: true,
  sigma_max: null,
  sigma_min: null,
  skip_prk_steps: false,
  solver_order: 2,
  solver_type: "midpoint",
  steps_offset: 0,
  thresholding: false,
  time_shift_type: "exponential",
  timestep_spacing: "linspace",
  timestep_type: "discrete",
  trained_betas: null,
  use_beta_sigmas: false,
  use_dynamic_shifting: false,
  use_exponential_sigmas: false,
  use_flow_sigmas: false,
  use_karras_sigmas: false,
  use_lu_lambdas: false,
  variance_type: null,
};

async function read(text: string) {
  let config: SchedulerConfig = {};
  await inTempDir(async (folder) => {
    const path = join(folder, "scheduler_config.json");
    await Deno.writeTextFile(path, text);
    config = await readScheduler(path);
  });
  return config;
}

Deno.test("every key of diffusers' schedulers at its default is read", async () => {
  await read(JSON.stringify(everyKey));
  await read("{}");
});

Deno.test("infinity as Python writes it is read", async () => {
  const text = JSON.stringify({ ...everyKey, lambda_min_clipped: 0 });
  const config = await read(
    text.replace('"lambda_min_clipped":0', '"lambda_min_clipped": -Infinity'),
  );
  assertEquals(config.lambda_min_clipped, -Infinity);
});

Deno.test("a value that is not known or not supported is refused with key, value and what is allowed", () => {
  const rows: [object, string][] = [
    [
      { _class_name: "FlowMatchEulerDiscreteScheduler" },
      '_class_name is "FlowMatchEulerDiscreteScheduler", it must be "DDIMScheduler", ',
    ],
    [
      { prediction_type: "v-prediction" },
      'prediction_type is "v-prediction", it must be "epsilon", "v_prediction" or "sample"',
    ],
    [
      { prediction_type: "flow_prediction" },
      'prediction_type is "flow_prediction"',
    ],
    [
      { timestep_spacing: "karras" },
      'timestep_spacing is "karras", it must be "leading", "trailing" or "linspace"',
    ],
    [
      { beta_schedule: "sigmoid" },
      'beta_schedule is "sigmoid", it must be "linear", "scaled_linear" or "squaredcos_cap_v2"',
    ],
    [
      { beta_start: "x" },
      'beta_start is "x", it must be a number above 0 and below 1',
    ],
    [{ beta_end: 1 }, "beta_end is 1, it must be a number above 0 and below 1"],
    [
      { beta_start: 0.03 },
      "beta_start is 0.03, it must not be above beta_end, which is 0.02",
    ],
    [
      { num_train_timesteps: 1e9 },
      "num_train_timesteps is 1000000000, it must be a whole number from 2 to 10000",
    ],
    [{ num_train_timesteps: "1000" }, 'num_train_timesteps is "1000"'],
    [
      { trained_betas: [0.1, "y"] },
      'trained_betas.1 is "y", it must be a number above 0 and below 1',
    ],
    [
      { trained_betas: [0.1, 0.2] },
      "trained_betas holds 2 numbers, it must hold num_train_timesteps of them, 1000",
    ],
    [
      { steps_offset: -1 },
      "steps_offset is -1, it must be a whole number from 0",
    ],
    [
      { thresholding: true },
      "thresholding is true, it is only supported as false",
    ],
    [{ use_flow_sigmas: true }, "use_flow_sigmas is true"],
    [{ use_dynamic_shifting: true }, "use_dynamic_shifting is true"],
    [
      { timestep_type: "continuous" },
      'timestep_type is "continuous", it must be "discrete"',
    ],
    [{ variance_type: "learned_range" }, 'variance_type is "learned_range"'],
    [{ clip_sample: "no" }, 'clip_sample is "no", it must be true or false'],
    [{ clip_sample_range: -1 }, "clip_sample_range is -1"],
    [{ solver_type: "rk4" }, 'solver_type is "rk4"'],
    [{ predict_epsilon: false }, "predict_epsilon is false"],
  ];
  for (const [wrong, message] of rows) {
    assertThrows(
      () => checkScheduler({ ...everyKey, ...wrong }, "File x"),
      LocRefError,
      `File x: ${message}`,
    );
  }
});

Deno.test("zero terminal SNR with a prediction of noise is refused, both keys named", () => {
  assertThrows(
    () => checkScheduler({ rescale_betas_zero_snr: true }),
    LocRefError,
    'rescale_betas_zero_snr is true and prediction_type is "epsilon"',
  );
});

Deno.test("a key that does not exist is refused with the one that was meant", async () => {
  const error = await assertRejects(
    () => read('{ "prediction_typ": "v_prediction" }'),
    LocRefError,
    'scheduler_config.json": key "prediction_typ" is not known, did you mean "prediction_type"?',
  );
  assertEquals(error.code, "config-invalid");
});

Deno.test("keys that the file calls defaults count as missing", () => {
  const config = checkScheduler({
    timestep_spacing: "leading",
    _use_default_values: ["timestep_spacing"],
  });
  assertEquals(config.timestep_spacing, undefined);
});

Deno.test("a config that is no object is refused", async () => {
  for (const text of ["[]", "null", "7"]) {
    await assertRejects(() => read(text), LocRefError, "it must be an object");
  }
});
