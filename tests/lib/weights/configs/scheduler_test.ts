import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import {
  parseSchedulerConfig,
  type SchedulerConfig,
} from "../../../../lib/weights/configs/scheduler.ts";
import { readConfigFile } from "../../../../lib/weights/configs/read_config_file.ts";
import { noiseSchedule } from "../../../../lib/ddim/noise_schedule.ts";
import {
  chooseSampler,
  planRun,
  samplerNames,
} from "../../../../lib/ddim/samplers.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { only } from "../../../../lib/weights/configs/model_fields.ts";
import {
  parseConfig,
  type Parsed,
} from "../../../../lib/weights/configs/parse_config.ts";
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

async function read(text: string): Promise<Parsed<SchedulerConfig>> {
  let parsed: Parsed<SchedulerConfig> | undefined;
  await inTempDir(async (folder) => {
    const path = join(folder, "scheduler_config.json");
    await Deno.writeTextFile(path, text);
    parsed = parseSchedulerConfig(await readConfigFile(path), { file: path });
  });
  return parsed!;
}

const place = { file: "x.json" };

Deno.test("every key of diffusers' schedulers at its default is read", async () => {
  for (const text of [JSON.stringify(everyKey), "{}"]) {
    assertEquals((await read(text)).warnings, []);
  }
});

Deno.test("infinity as Python writes it is read", async () => {
  const text = JSON.stringify({ ...everyKey, lambda_min_clipped: 0 });
  const { config } = await read(
    text.replace('"lambda_min_clipped":0', '"lambda_min_clipped": -Infinity'),
  );
  assertEquals(config.lambda_min_clipped, -Infinity);
});

Deno.test("a value that is not known or not supported is refused with key, value and what is allowed", () => {
  const rows: [object, string][] = [
    [
      { _class_name: "FlowMatchEulerDiscreteScheduler" },
      'key "_class_name" must be the name of a scheduler, not one of flows, got "FlowMatchEulerDiscreteScheduler"',
    ],
    [
      { prediction_type: "v-prediction" },
      'key "prediction_type" must be "epsilon", "v_prediction" or "sample", got "v-prediction"',
    ],
    [
      { prediction_type: "flow_prediction" },
      'key "prediction_type" must be "epsilon", ',
    ],
    [
      { timestep_spacing: "karras" },
      'key "timestep_spacing" must be "leading", "trailing" or "linspace", got "karras"',
    ],
    [
      { beta_schedule: "sigmoid" },
      'key "beta_schedule" must be "linear", "scaled_linear" or "squaredcos_cap_v2", got "sigmoid"',
    ],
    [
      { beta_start: "x" },
      'key "beta_start" must be a number above 0 and below 1, got "x"',
    ],
    [
      { beta_end: 1 },
      'key "beta_end" must be a number above 0 and below 1, got 1',
    ],
    [
      { beta_start: 0.03 },
      'key "beta_start" must not be above beta_end, which is 0.02, got 0.03',
    ],
    [
      { num_train_timesteps: 1e9 },
      'key "num_train_timesteps" must be a whole number from 2 to 10000, got 1000000000',
    ],
    [
      { num_train_timesteps: "1000" },
      'key "num_train_timesteps" must be a whole number',
    ],
    [
      { trained_betas: [0.1, "y"] },
      'key "trained_betas" must be a list of numbers, got [0.1, "y"]',
    ],
    [
      { num_train_timesteps: 2, trained_betas: [0.1, 1] },
      'key "trained_betas[1]" must be a number above 0 and below 1, got 1',
    ],
    [
      { trained_betas: [0.1, 0.2] },
      'key "trained_betas" must hold num_train_timesteps of them, 1000, and not 2',
    ],
    [
      { steps_offset: -1 },
      'key "steps_offset" must be a whole number from 0 to 9999, got -1',
    ],
    [
      { num_train_timesteps: 10, steps_offset: 10 },
      'key "steps_offset" must be below num_train_timesteps, which is 10, got 10',
    ],
    [{ thresholding: true }, 'key "thresholding" must be false, got true'],
    [
      { use_flow_sigmas: true },
      'key "use_flow_sigmas" must be false, got true',
    ],
    [
      { use_dynamic_shifting: true },
      'key "use_dynamic_shifting" must be false',
    ],
    [
      { timestep_type: "continuous" },
      'key "timestep_type" must be "discrete", got "continuous"',
    ],
    [{ variance_type: "learned_range" }, 'key "variance_type" must be '],
    [
      { clip_sample: "no" },
      'key "clip_sample" must be true or false, got "no"',
    ],
    [
      { clip_sample_range: -1 },
      'key "clip_sample_range" must be a number of at least 0, got -1',
    ],
    [{ solver_type: "rk4" }, 'key "solver_type" must be "midpoint", '],
    [{ predict_epsilon: false }, 'key "predict_epsilon" must be true'],
    [{ sigma_max: Infinity }, 'key "sigma_max" must be a number of at least 0'],
    [{ disable_corrector: 0 }, 'key "disable_corrector" must be a list'],
  ];
  for (const [wrong, message] of rows) {
    const error = assertThrows(
      () => parseSchedulerConfig({ ...everyKey, ...wrong }, place),
      LocRefError,
      `File "x.json": ${message}`,
    );
    assertEquals(error.code, "config-invalid");
  }
});

Deno.test("however many values are allowed, the one that was given is named", () => {
  const names = Array.from({ length: 40 }, (_, i) => `Scheduler${i}`);
  const error = assertThrows(
    () => parseConfig({ name: only(names) }, { name: "x" }, { file: "x.json" }),
    LocRefError,
  );
  assertStringIncludes(error.message, '…, got "x"');
});

Deno.test("zero terminal SNR with a prediction of noise is refused, both keys named", () => {
  assertThrows(
    () => parseSchedulerConfig({ rescale_betas_zero_snr: true }, place),
    LocRefError,
    'key "rescale_betas_zero_snr" cannot go together with prediction_type "epsilon"',
  );
});

Deno.test("a key that no library knows is named with the one that was meant, and ignored", async () => {
  const { config, warnings } = await read(
    '{ "prediction_typ": "v_prediction", "prediction_type": "sample" }',
  );
  assertEquals(config.prediction_type, "sample");
  assertEquals(warnings.length, 1);
  assertStringIncludes(
    warnings[0]!,
    'scheduler_config.json": key "prediction_typ" is not known (did you mean "prediction_type"?): ignored',
  );
});

Deno.test("keys that the file calls defaults count as missing", () => {
  const { config } = parseSchedulerConfig({
    timestep_spacing: "leading",
    _use_default_values: ["timestep_spacing"],
  }, place);
  assertEquals(config.timestep_spacing, undefined);
});

Deno.test("a null counts as a missing key, whichever key it is", () => {
  const keys = Object.keys(everyKey);
  const nothing = Object.fromEntries(keys.map((key) => [key, null]));
  assertEquals(parseSchedulerConfig(nothing, place).warnings, []);
});

Deno.test("a config that is no object is refused", async () => {
  for (const text of ["[]", "null", "7"]) {
    await assertRejects(
      () => read(text),
      LocRefError,
      "must hold a JSON object",
    );
  }
});

/** Scheduler configs of public repositories, as versions of diffusers wrote them. */
const publicConfigs: Record<string, object> = {
  "SD 1.4, diffusers 0.2": {
    _class_name: "PNDMScheduler",
    _diffusers_version: "0.2.2",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    num_train_timesteps: 1000,
    skip_prk_steps: true,
    tensor_format: "pt",
    timestep_values: null,
  },
  "SD 1.5": {
    _class_name: "PNDMScheduler",
    _diffusers_version: "0.6.0",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    num_train_timesteps: 1000,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    trained_betas: null,
    clip_sample: false,
  },
  "SD 2.1": {
    _class_name: "DDIMScheduler",
    _diffusers_version: "0.8.0",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    clip_sample: false,
    num_train_timesteps: 1000,
    prediction_type: "v_prediction",
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    trained_betas: null,
  },
  "DreamShaper 8": {
    _class_name: "DEISMultistepScheduler",
    _diffusers_version: "0.15.0.dev0",
    algorithm_type: "deis",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    clip_sample: false,
    dynamic_thresholding_ratio: 0.995,
    lower_order_final: true,
    num_train_timesteps: 1000,
    prediction_type: "epsilon",
    sample_max_value: 1.0,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    solver_order: 2,
    solver_type: "logrho",
    steps_offset: 1,
    thresholding: false,
    trained_betas: null,
  },
  "UniPC, diffusers 0.31": {
    _class_name: "UniPCMultistepScheduler",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    disable_corrector: [],
    dynamic_thresholding_ratio: 0.995,
    final_sigmas_type: "zero",
    flow_shift: 1.0,
    lower_order_final: true,
    num_train_timesteps: 1000,
    predict_x0: true,
    prediction_type: "epsilon",
    rescale_betas_zero_snr: false,
    sample_max_value: 1.0,
    sigma_max: null,
    sigma_min: null,
    solver_order: 2,
    solver_p: null,
    solver_type: "bh2",
    steps_offset: 1,
    thresholding: false,
    timestep_spacing: "linspace",
    trained_betas: null,
    use_beta_sigmas: false,
    use_exponential_sigmas: false,
    use_flow_sigmas: false,
    use_karras_sigmas: false,
  },
  "LCM_Dreamshaper_v7": {
    _class_name: "LCMScheduler",
    _diffusers_version: "0.22.0.dev0",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    clip_sample: false,
    clip_sample_range: 1.0,
    dynamic_thresholding_ratio: 0.995,
    num_train_timesteps: 1000,
    original_inference_steps: 50,
    prediction_type: "epsilon",
    rescale_betas_zero_snr: false,
    sample_max_value: 1.0,
    set_alpha_to_one: true,
    steps_offset: 1,
    thresholding: false,
    timestep_scaling: 10.0,
    timestep_spacing: "leading",
    trained_betas: null,
  },
  "Euler ancestral": {
    _class_name: "EulerAncestralDiscreteScheduler",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    clip_sample: false,
    interpolation_type: "linear",
    num_train_timesteps: 1000,
    prediction_type: "epsilon",
    rescale_betas_zero_snr: false,
    sample_max_value: 1.0,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    timestep_spacing: "leading",
    trained_betas: null,
    use_karras_sigmas: false,
  },
  "DDPM": {
    _class_name: "DDPMScheduler",
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    beta_start: 0.00085,
    clip_sample: false,
    num_train_timesteps: 1000,
    predict_epsilon: true,
    prediction_type: "epsilon",
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    trained_betas: null,
    variance_type: "fixed_small",
  },
};

Deno.test("public scheduler configs are read without a word, and samplers of every name run under them", () => {
  for (const [name, value] of Object.entries(publicConfigs)) {
    const { config, warnings } = parseSchedulerConfig(value, place);
    assertEquals(warnings, [], name);
    const schedule = noiseSchedule(config);
    for (
      const sampler of samplerNames().filter((one) => !one.includes("flow"))
    ) {
      const run = () => planRun(schedule, chooseSampler(sampler), 4).timesteps;
      assertEquals(run().length > 0, true, `${name} with ${sampler}`);
    }
  }
});

Deno.test("UniPC refuses the settings that it does not have", () => {
  const rows: [object, string][] = [
    [{ predict_x0: false }, "predict_x0 is false, it must be true"],
    [{ disable_corrector: [0] }, "disable_corrector is [0], it must be []"],
    [
      { lower_order_final: false },
      "lower_order_final is false, it must be true",
    ],
    [{ solver_type: "bh1" }, 'solver_type is "bh1", it must be "bh2"'],
  ];
  for (const [wrong, message] of rows) {
    const schedule = noiseSchedule(wrong as SchedulerConfig);
    assertThrows(
      () => planRun(schedule, chooseSampler("unipc"), 4),
      LocRefError,
      message,
    );
    assertEquals(planRun(schedule, chooseSampler("ddim"), 4).steps, 4);
  }
});

Deno.test("DPM-Solver's last steps keep their order where the config says so", () => {
  const run = (config: SchedulerConfig) => {
    const schedule = noiseSchedule({
      final_sigmas_type: "sigma_min",
      ...config,
    });
    const plan = planRun(schedule, chooseSampler("dpm++"), 4);
    const steps = plan.run(Float32Array.of(1));
    let next = steps.next();
    let i = 0;
    while (!next.done) next = steps.next(Float32Array.of(0.3 + 0.2 * i++));
    return next.value;
  };
  assertEquals(run({}), run({ lower_order_final: true }));
  assert(run({})[0] !== run({ lower_order_final: false })[0]);
});
