import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../lib/error.ts";
import { makeSampler } from "../../../lib/ddim/make_sampler.ts";
import { addNoise, noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import type { SamplerName } from "../../../lib/ddim/sampler.ts";
import {
  inferenceTimesteps,
  roundHalfEven,
} from "../../../lib/ddim/timesteps.ts";

const schedule = noiseSchedule({
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  steps_offset: 1,
});
const names: SamplerName[] = ["ddim", "dpm++", "dpm++-karras", "euler"];

Deno.test("every sampler recovers the clean sample when the noise is predicted exactly", () => {
  const x0 = Float32Array.of(0.5, -1, 0.25);
  const noise = Float32Array.of(1, 0.3, -0.7);
  for (const name of names) {
    const sampler = makeSampler(schedule, name, { steps: 20 });
    let x = Float32Array.from(noise, (value) => value * sampler.initialScale);
    for (let i = 0; i < 20; i++) {
      // The noise that leads from x0 to x, whatever scale the sampler keeps x in.
      const alpha = schedule.alphasCumprod[Math.round(sampler.timesteps[i]!)]!;
      const input = sampler.modelInput(x, i);
      const prediction = input.map((value, j) =>
        (value - Math.sqrt(alpha) * x0[j]!) / Math.sqrt(1 - alpha)
      );
      x = Float32Array.from(sampler.step(x, prediction, i));
    }
    x.forEach((value, j) =>
      assertAlmostEquals(value, x0[j]!, 0.05, `${name} ${j}`)
    );
  }
});

Deno.test("a preview of pure signal is the signal", () => {
  const x0 = Float32Array.of(0.5, -1);
  const noise = Float32Array.of(0.1, 0.2);
  const sampler = makeSampler(schedule, "ddim", { steps: 10 });
  const x = addNoise(schedule, x0, noise, sampler.timesteps[3]!);
  const clean = sampler.cleanSample(x, noise, 3);
  clean.forEach((value, i) => assertAlmostEquals(value, x0[i]!, 1e-5));
});

Deno.test("timesteps fall and stay in range for any number of steps and any spacing", () => {
  const spacings = fc.constantFrom("leading", "trailing", "linspace" as const);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      spacings,
      (steps, spacing) => {
        const timesteps = inferenceTimesteps(
          { ...schedule, timestepSpacing: spacing as "leading" },
          steps,
        );
        assertEquals(timesteps.length, steps);
        assert(timesteps.every((t) => t >= 0 && t < 1000));
        assert(timesteps.every((t, i) => i === 0 || t <= timesteps[i - 1]!));
      },
    ),
  );
});

Deno.test("halves are rounded to the even neighbour", () => {
  assertEquals([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven), [0, 2, 2, 2, 3]);
});

Deno.test("a number of steps out of range is refused", () => {
  assertThrows(
    () => inferenceTimesteps(schedule, 0),
    RangeError,
    "Number of steps is 0: it must be a whole number from 1 to 1000",
  );
});

Deno.test("an unknown sampler is refused by name", () => {
  assertThrows(
    () => makeSampler(schedule, "heun" as SamplerName),
    RangeError,
    'Sampler "heun" is not known',
  );
});

/** The keys of the public Stable Diffusion 1.x repositories. */
const publicConfig = {
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
} as const;

Deno.test("where the config names no spacing, each sampler takes its own, as diffusers does", () => {
  const first = (name: SamplerName) =>
    makeSampler(noiseSchedule(publicConfig), name, { steps: 4 }).timesteps;
  assertEquals(first("ddim"), [751, 501, 251, 1]);
  assertEquals(first("dpm++"), [999, 749, 500, 250]);
  assertEquals(first("dpm++-karras"), [999, 687, 146, 0]);
  assertEquals(first("euler"), [999, 666, 333, 0]);
});

Deno.test("Euler's linspace lies between timesteps and begins at the largest sigma", () => {
  const sampler = makeSampler(noiseSchedule(publicConfig), "euler", {
    steps: 7,
  });
  assertEquals(sampler.timesteps, [999, 832.5, 666, 499.5, 333, 166.5, 0]);
  assertAlmostEquals(sampler.initialScale, 14.614647, 1e-5);
});

Deno.test("a spacing in the config goes before the sampler's own", () => {
  const trailing = noiseSchedule({
    ...publicConfig,
    timestep_spacing: "trailing",
  });
  for (const name of ["ddim", "dpm++", "euler"] as const) {
    const { timesteps } = makeSampler(trailing, name, { steps: 4 });
    assertEquals(timesteps, [999, 749, 499, 249], name);
  }
});

Deno.test("halves between timesteps fall as numpy's arange makes them", () => {
  // numpy: np.round(np.arange(1000, 0, -1000 / 48))[3] is 937 and not the even 938
  const trailing = noiseSchedule({ timestep_spacing: "trailing" });
  const timesteps = inferenceTimesteps(trailing, 48);
  assertEquals(timesteps.slice(0, 5), [999, 978, 957, 936, 916]);
});

Deno.test("keys that DDIM's config lacks take DDIM's defaults: clipped at 1, last alpha 1", () => {
  const bare = noiseSchedule({});
  assertEquals(bare.finalAlpha, 1);
  assertEquals(bare.clipRange, 1);
  assertEquals(bare.stepsOffset, 0);
  const large = Float32Array.of(40, -40);
  const none = new Float32Array(2);
  const clean = (name: SamplerName) =>
    makeSampler(bare, name, { steps: 4 }).cleanSample(large, none, 0);
  assertEquals([...clean("ddim")], [1, -1]);
  for (const name of ["dpm++", "euler"] as const) {
    assert(Math.abs(clean(name)[0]!) > 1, `${name} clips nothing`);
  }
});

Deno.test("without any signal at the end every sampler recovers the clean sample from v", () => {
  const x0 = Float32Array.of(0.5, -1, 0.25);
  const zero = noiseSchedule({
    ...publicConfig,
    prediction_type: "v_prediction",
    rescale_betas_zero_snr: true,
    timestep_spacing: "trailing",
  });
  assertEquals(zero.alphasCumprod.at(-1), 0);
  for (const name of names) {
    const sampler = makeSampler(zero, name, { steps: 10 });
    let x = Float32Array.of(1, 0.3, -0.7).map((one) =>
      one * sampler.initialScale
    );
    for (let i = 0; i < 10; i++) {
      const alpha = zero.alphasCumprod[Math.round(sampler.timesteps[i]!)]!;
      const signal = Math.sqrt(alpha), sigma = Math.sqrt(1 - alpha);
      const input = sampler.modelInput(x, i);
      // v = √ᾱ·ε − √(1−ᾱ)·x0, where ε is what leads from x0 to the input
      const v = input.map((value, j) =>
        signal * (value - signal * x0[j]!) / sigma - sigma * x0[j]!
      );
      x = Float32Array.from(sampler.step(x, v, i));
    }
    x.forEach((value, j) =>
      assertAlmostEquals(value, x0[j]!, 0.08, `${name} ${j}`)
    );
  }
});

Deno.test("the first sigma without signal is that of the least half-precision alpha", () => {
  const zero = noiseSchedule({
    ...publicConfig,
    prediction_type: "v_prediction",
    rescale_betas_zero_snr: true,
    timestep_spacing: "trailing",
  });
  const { initialScale } = makeSampler(zero, "euler", { steps: 4 });
  assertAlmostEquals(initialScale, Math.sqrt(2 ** 24 - 1), 1e-6);
});

Deno.test("Karras sigmas of the config hold for DPM-Solver++ and Euler", () => {
  const config = { ...publicConfig, use_karras_sigmas: true };
  const timesteps = (name: SamplerName, given: object) =>
    makeSampler(noiseSchedule(given), name, { steps: 7 }).timesteps;
  assertEquals(
    timesteps("dpm++", config),
    timesteps("dpm++-karras", publicConfig),
  );
  assertEquals(
    timesteps("euler", config).map(Math.round),
    timesteps("dpm++-karras", publicConfig),
  );
});

Deno.test("settings of a solver that is not here are refused where it would run, and only there", () => {
  for (
    const [key, value] of [
      ["solver_order", 3],
      ["algorithm_type", "sde-dpmsolver++"],
      ["solver_type", "heun"],
      ["final_sigmas_type", "sigma_min"],
      ["use_beta_sigmas", true],
      ["lambda_min_clipped", -5.1],
    ] as const
  ) {
    const schedule = noiseSchedule({ ...publicConfig, [key]: value });
    assertThrows(
      () => makeSampler(schedule, "dpm++"),
      LocRefError,
      `Sampler "dpm++" cannot follow the model's scheduler config: ${key} is ${
        JSON.stringify(value)
      }, it must be`,
    );
    makeSampler(schedule, "ddim");
  }
  assertThrows(
    () =>
      makeSampler(
        noiseSchedule({ interpolation_type: "log_linear" }),
        "euler",
      ),
    LocRefError,
    "interpolation_type",
  );
});

Deno.test("an offset that leads beyond the last timestep is refused, not clamped in silence", () => {
  const far = noiseSchedule({ ...publicConfig, steps_offset: 300 });
  assertThrows(
    () => makeSampler(far, "ddim", { steps: 10 }),
    RangeError,
    "steps_offset of the model's scheduler config is 300",
  );
});

Deno.test("betas that leave nothing of the picture are refused", () => {
  assertThrows(
    () => noiseSchedule({ beta_start: 0.9, beta_end: 0.99 }),
    LocRefError,
    "its betas leave no signal at timestep",
  );
});

Deno.test("eta is refused with samplers that have none", () => {
  for (const name of ["dpm++", "dpm++-karras", "euler"] as const) {
    assertThrows(
      () => makeSampler(schedule, name, { eta: 0.3 }),
      RangeError,
      `Option eta is 0.3: sampler "${name}" has none, only "ddim" has`,
    );
    makeSampler(schedule, name, { eta: 0 });
  }
});
