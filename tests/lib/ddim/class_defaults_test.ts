import { assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import {
  noiseSchedule,
  type SchedulerConfig,
} from "../../../lib/ddim/noise_schedule.ts";
import { planRun, samplers } from "../../../lib/ddim/samplers.ts";
import type { SamplerKind } from "../../../lib/ddim/sampler.ts";

/** Defaults of the scheduler classes in diffusers 0.42.1, printed from their signatures. */
const classes: Readonly<Record<string, Record<string, unknown>>> = {
  DDIMScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "clip_sample": true,
    "set_alpha_to_one": true,
    "steps_offset": 0,
    "prediction_type": "epsilon",
    "thresholding": false,
    "clip_sample_range": 1.0,
    "timestep_spacing": "leading",
    "rescale_betas_zero_snr": false,
  },
  DPMSolverMultistepScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "solver_order": 2,
    "prediction_type": "epsilon",
    "thresholding": false,
    "algorithm_type": "dpmsolver++",
    "solver_type": "midpoint",
    "lower_order_final": true,
    "euler_at_final": false,
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "use_lu_lambdas": false,
    "final_sigmas_type": "zero",
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "rescale_betas_zero_snr": false,
  },
  DPMSolverSinglestepScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "solver_order": 2,
    "prediction_type": "epsilon",
    "thresholding": false,
    "algorithm_type": "dpmsolver++",
    "solver_type": "midpoint",
    "lower_order_final": false,
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "final_sigmas_type": "zero",
  },
  DPMSolverSDEScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
  },
  EulerDiscreteScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "interpolation_type": "linear",
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "rescale_betas_zero_snr": false,
    "final_sigmas_type": "zero",
  },
  EulerAncestralDiscreteScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "rescale_betas_zero_snr": false,
  },
  HeunDiscreteScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "clip_sample": false,
    "clip_sample_range": 1.0,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
  },
  KDPM2DiscreteScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "prediction_type": "epsilon",
    "timestep_spacing": "linspace",
    "steps_offset": 0,
  },
  KDPM2AncestralDiscreteScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "prediction_type": "epsilon",
    "timestep_spacing": "linspace",
    "steps_offset": 0,
  },
  UniPCMultistepScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "solver_order": 2,
    "prediction_type": "epsilon",
    "thresholding": false,
    "predict_x0": true,
    "solver_type": "bh2",
    "lower_order_final": true,
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "final_sigmas_type": "zero",
    "rescale_betas_zero_snr": false,
  },
  DEISMultistepScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "solver_order": 2,
    "prediction_type": "epsilon",
    "thresholding": false,
    "algorithm_type": "deis",
    "solver_type": "logrho",
    "lower_order_final": true,
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
  },
  PNDMScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "set_alpha_to_one": false,
    "prediction_type": "epsilon",
    "timestep_spacing": "leading",
    "steps_offset": 0,
  },
  DDPMScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "variance_type": "fixed_small",
    "clip_sample": true,
    "prediction_type": "epsilon",
    "thresholding": false,
    "clip_sample_range": 1.0,
    "timestep_spacing": "leading",
    "steps_offset": 0,
    "rescale_betas_zero_snr": false,
  },
  LCMScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "original_inference_steps": 50,
    "clip_sample": false,
    "clip_sample_range": 1.0,
    "set_alpha_to_one": true,
    "steps_offset": 0,
    "prediction_type": "epsilon",
    "thresholding": false,
    "timestep_spacing": "leading",
    "timestep_scaling": 10.0,
    "rescale_betas_zero_snr": false,
  },
  TCDScheduler: {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "original_inference_steps": 50,
    "clip_sample": false,
    "clip_sample_range": 1.0,
    "set_alpha_to_one": true,
    "steps_offset": 0,
    "prediction_type": "epsilon",
    "thresholding": false,
    "timestep_spacing": "leading",
    "timestep_scaling": 10.0,
    "rescale_betas_zero_snr": false,
  },
};

/** A run of a sampler on made-up predictions: its timesteps, and where it ends. */
function trace(kind: SamplerKind, config: SchedulerConfig) {
  const schedule = noiseSchedule(config);
  const plan = planRun(schedule, { kind, options: {} }, 5);
  const wave = (k: number) => Float32Array.of(Math.sin(k), Math.cos(2 * k));
  const run = plan.run(wave(50).map((x) => x * plan.initialScale), {
    noise: (call) => wave(100 + call),
  });
  let next = run.next(), call = 0;
  while (!next.done) next = run.next(wave(call++));
  return { timesteps: plan.timesteps, end: next.value };
}

Deno.test("a config without any key runs as with the defaults of the sampler's class", () => {
  for (const kind of samplers) {
    if (kind.flow) continue; // flows are read from no config
    const { name, where } = kind.scheduler!;
    const full = { ...classes[name]!, ...where } as SchedulerConfig;
    const found = trace(kind, { ...where } as SchedulerConfig);
    assertEquals(found, trace(kind, full), kind.name);
  }
});

Deno.test("a key of the config goes before the default of the class", () => {
  const kind = [...samplers].find(({ name }) => name === "lcm")!;
  const linear = { beta_start: 0.0001, beta_end: 0.02 };
  assertEquals(
    trace(kind, { ...linear, beta_schedule: null }),
    trace(kind, { ...linear, beta_schedule: "scaled_linear" }),
  );
});

Deno.test("PNDM's own file that says nothing of Runge-Kutta steps is refused", () => {
  const kind = [...samplers].find(({ name }) => name === "pndm")!;
  const config = { _class_name: "PNDMScheduler" };
  const error = assertThrows(
    () => trace(kind, config),
    LocRefError,
    "skip_prk_steps is absent",
  );
  assertEquals(error.code, "config-invalid");
  trace(kind, { ...config, skip_prk_steps: true });
});
