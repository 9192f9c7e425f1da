import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../lib/core/error.ts";
import {
  addNoise,
  type NoiseSchedule,
  noiseSchedule,
} from "../../../lib/ddim/noise_schedule.ts";
import type { RunOptions, SamplerPlan } from "../../../lib/ddim/sampler.ts";
import {
  chooseSampler,
  planRun,
  type SamplerChoice,
  samplerNames,
  samplers,
} from "../../../lib/ddim/samplers.ts";
import { inferenceTimesteps } from "../../../lib/ddim/timesteps.ts";
import { roundHalfEven } from "../../../lib/core/round_half_even.ts";

const schedule = noiseSchedule({
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  steps_offset: 1,
});
const diffusion = [...samplers].filter(({ flow }) => !flow);
const names = [
  ...diffusion.map(({ name }) => name),
  "dpm++",
  "dpm++-karras",
] as ("ddim" | "dpm++")[];

function planOf(
  schedule: NoiseSchedule,
  choice: SamplerChoice,
  steps?: number,
): SamplerPlan {
  return planRun(schedule, chooseSampler(choice), steps);
}

/** Runs a plan on predictions of the noise that leads from `x0` to each input. */
function runExactly(
  plan: SamplerPlan,
  { schedule, x0, start, options }: {
    schedule: NoiseSchedule;
    x0: Float32Array;
    start: Float32Array;
    options?: RunOptions;
  },
): Float32Array {
  const run = plan.run(start, { noise: () => x0.map(() => 0.1), ...options });
  let next = run.next();
  while (!next.done) {
    const { input, timestep } = next.value;
    const alpha = schedule.alphasCumprod[Math.round(timestep)]!;
    const signal = Math.sqrt(alpha), sigma = Math.sqrt(1 - alpha);
    const epsilon = input.map((value, j) => (value - signal * x0[j]!) / sigma);
    next = run.next(
      schedule.predictionType === "epsilon"
        ? epsilon
        : epsilon.map((value, j) => signal * value - sigma * x0[j]!),
    );
  }
  return next.value;
}

function assertNear(
  actual: Float32Array,
  expected: Float32Array,
  bound: number,
  name: string,
): void {
  actual.forEach((value, j) =>
    assertAlmostEquals(value, expected[j]!, bound, `${name} ${j}`)
  );
}

Deno.test("every sampler recovers the clean sample when the noise is predicted exactly", () => {
  const x0 = Float32Array.of(0.5, -1, 0.25);
  for (const name of names) {
    const plan = planOf(schedule, name, 20);
    const start = Float32Array.of(1, 0.3, -0.7).map((value) =>
      value * plan.initialScale
    );
    assertNear(runExactly(plan, { schedule, x0, start }), x0, 0.06, name);
  }
});

Deno.test("every sampler can begin in the middle, from a picture with noise", () => {
  const x0 = Float32Array.of(0.5, -1, 0.25);
  const noise = Float32Array.of(1, 0.3, -0.7);
  for (const name of names) {
    const plan = planOf(schedule, name, 20);
    const start = (plan.begun ?? plan.noised)(x0, noise, 8);
    const end = runExactly(plan, { schedule, x0, start, options: { from: 8 } });
    assertNear(end, x0, 0.06, name);
  }
});

Deno.test("a run counts its calls, one a timestep, and its steps", () => {
  for (const name of names) {
    const plan = planOf(schedule, name, 9);
    const x = new Float32Array(2);
    const run = plan.run(x, { noise: () => x });
    const seen: [number, number][] = [];
    for (let next = run.next(); !next.done; next = run.next(x)) {
      assertEquals(next.value.timestep, plan.timesteps[seen.length], name);
      seen.push([next.value.call, next.value.step]);
    }
    assertEquals(seen.map(([call]) => call), [...seen.keys()], name);
    assertEquals(seen.at(-1)![1], plan.steps - 1, name);
    assertEquals(plan.steps, 9, name);
  }
});

Deno.test("what replaces the sample between two calls is what the sampler goes on with", () => {
  for (const name of names) {
    const plan = planOf(schedule, name, 6);
    const zero = new Float32Array(2);
    const calls: number[] = [];
    const run = plan.run(zero, {
      noise: () => Float32Array.of(1, 1),
      after: (_, call) => {
        calls.push(call);
        return Float32Array.of(7, 7);
      },
    });
    let next = run.next();
    let last: Float32Array = zero;
    while (!next.done) {
      if (calls.length > 0) assertEquals(next.value.sample[0], 7, name);
      next = run.next(zero);
      if (next.done) last = next.value;
    }
    assertEquals([...last], [7, 7], name);
    assertEquals(calls.length, plan.timesteps.length, name);
  }
});

Deno.test("a stochastic sampler without noise is an error, not a deterministic run", () => {
  for (
    const name of ["euler-a", "dpm2-a", "dpm++sde", "ddpm", "lcm"] as const
  ) {
    const plan = planOf(schedule, name, 4);
    const x = Float32Array.of(1);
    assertThrows(
      () => {
        const run = plan.run(x);
        for (let next = run.next(); !next.done;) next = run.next(x);
      },
      TypeError,
      "needs noise",
      name,
    );
  }
});

Deno.test("an added sampler is found by its name, and a name is taken once", () => {
  const kind = { ...[...samplers][0]!, name: "mine", aliases: {} };
  samplers.add(kind);
  assertEquals(chooseSampler("mine").kind, kind);
  assert(samplerNames().includes("mine"));
  assertThrows(
    () => samplers.add(kind),
    TypeError,
    'Sampler "mine" exists already',
  );
});

Deno.test("an option that a sampler does not have is refused with the samplers that have it", () => {
  assertThrows(
    () => chooseSampler({ name: "euler", eta: 0.3 }),
    TypeError,
    'Sampler "euler" has no option "eta": ddim, tcd',
  );
  assertThrows(
    () => chooseSampler({ name: "ddim", eat: 0.3 } as never),
    TypeError,
    'Option "eat" of sampler "ddim" is not known, did you mean "eta"?',
  );
  assertThrows(
    () => chooseSampler({ name: "ddim", eta: 2 }),
    RangeError,
    'Option "eta" of sampler "ddim" is 2: it must be a number from 0 to 1',
  );
  assertThrows(
    () => chooseSampler({ name: "euler", sigmas: "karas" as "karras" }),
    RangeError,
    'is "karas": it must be karras, exponential, beta, lu',
  );
});

Deno.test("timesteps by hand must fall, lie within training, and go without a spacing", () => {
  const given = (timesteps: number[], more = {}) => () =>
    planOf(schedule, { name: "euler", timesteps, ...more });
  assertEquals(given([999, 500, 20])().timesteps, [999, 500, 20]);
  assertThrows(given([500, 999]), RangeError, "Timesteps must fall");
  assertThrows(given([1000, 3]), RangeError, "Timestep 0 is 1000");
  assertThrows(given([]), RangeError, "Timesteps are empty");
  assertThrows(
    given([999, 3], { sigmas: "karras" }),
    RangeError,
    "exclude each other",
  );
});

Deno.test("a sampler of flows refuses a model that predicts noise, and the others a flow", () => {
  assertThrows(
    () => planOf(schedule, "flow-euler", 4),
    RangeError,
    'Sampler "flow-euler" runs models that predict a flow',
  );
  const flow: NoiseSchedule = { ...schedule, predictionType: "flow" };
  assertThrows(() => planOf(flow, "euler", 4), RangeError, "use flow-euler");
});

Deno.test("a preview of pure signal is the signal", () => {
  const x0 = Float32Array.of(0.5, -1);
  const noise = Float32Array.of(0.1, 0.2);
  const plan = planOf(schedule, "ddim", 10);
  const x = addNoise(schedule, x0, noise, plan.timesteps[3]!);
  const call = plan.run(x, { from: 3 }).next().value;
  assert("clean" in call);
  assertNear(call.clean(noise), x0, 1e-5, "ddim");
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
    () => chooseSampler("heum"),
    RangeError,
    'Sampler "heum" is not known, did you mean "heun"?',
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
  const first = (name: SamplerChoice) =>
    planOf(noiseSchedule(publicConfig), name, 4).timesteps;
  assertEquals(first("ddim"), [751, 501, 251, 1]);
  assertEquals(first("dpm++"), [999, 749, 500, 250]);
  assertEquals(first("dpm++-karras"), [999, 687, 146, 0]);
  assertEquals(first("euler"), [999, 666, 333, 0]);
});

Deno.test("Euler's linspace lies between timesteps and begins at the largest sigma", () => {
  const sampler = planOf(noiseSchedule(publicConfig), "euler", 7);
  assertEquals(sampler.timesteps, [999, 832.5, 666, 499.5, 333, 166.5, 0]);
  assertAlmostEquals(sampler.initialScale, 14.614647, 1e-5);
});

Deno.test("a single step of linspace lies at timestep 0, as numpy makes it, whatever the sigmas", () => {
  const linspace = noiseSchedule({
    ...publicConfig,
    timestep_spacing: "linspace",
  });
  for (
    const name of [
      "ddim",
      "ddpm",
      "euler",
      "euler-a",
      "heun",
      "dpm2",
      "dpm++sde",
    ]
  ) {
    assertEquals(planOf(linspace, name, 1).timesteps[0], 0, name);
  }
  const karras = { name: "euler", sigmas: "karras" } as const;
  const plan = planOf(linspace, karras, 1);
  assertEquals(plan.timesteps, [0]);
  // sigma of timestep 0 of Stable Diffusion
  assertAlmostEquals(plan.initialScale, 0.0291675, 1e-6);
  // solvers leave out the 0
  assertEquals(planOf(linspace, "dpm++", 1).timesteps, [999]);
});

Deno.test("a config with Karras' sigmas does not set them for euler-a, whose class lacks the key", () => {
  const karras = noiseSchedule({ ...publicConfig, use_karras_sigmas: true });
  assertEquals(planOf(karras, "euler-a", 4).timesteps, [999, 666, 333, 0]);
  const given = { name: "euler-a", sigmas: "karras" } as const;
  assert(planOf(karras, given, 4).timesteps[1] !== 666);
});

Deno.test("a spacing in the config goes before the sampler's own", () => {
  const trailing = noiseSchedule({
    ...publicConfig,
    timestep_spacing: "trailing",
  });
  for (const name of ["ddim", "dpm++", "euler"] as const) {
    const { timesteps } = planOf(trailing, name, 4);
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
  const clean = (name: SamplerChoice) => {
    const call = planOf(bare, name, 4).run(large).next().value;
    assert("clean" in call);
    return call.clean(none);
  };
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
  // with the last alpha at 0 the others divide by it, as those of diffusers do
  for (const name of ["ddim", "dpm++", "dpm++-karras", "euler"] as const) {
    const plan = planOf(zero, name, 10);
    const start = Float32Array.of(1, 0.3, -0.7).map((one) =>
      one * plan.initialScale
    );
    assertNear(runExactly(plan, { schedule: zero, x0, start }), x0, 0.08, name);
  }
});

Deno.test("the first sigma without signal is that of the least half-precision alpha", () => {
  const zero = noiseSchedule({
    ...publicConfig,
    prediction_type: "v_prediction",
    rescale_betas_zero_snr: true,
    timestep_spacing: "trailing",
  });
  const { initialScale } = planOf(zero, "euler", 4);
  assertAlmostEquals(initialScale, Math.sqrt(2 ** 24 - 1), 1e-6);
});

Deno.test("Karras sigmas of the config hold for DPM-Solver++ and Euler", () => {
  const config = { ...publicConfig, use_karras_sigmas: true };
  const timesteps = (name: SamplerChoice, given: object) =>
    planOf(noiseSchedule(given), name, 7).timesteps;
  assertEquals(
    timesteps("dpm++", config),
    timesteps("dpm++-karras", publicConfig),
  );
  assertEquals(
    timesteps("euler", config).map(Math.round),
    timesteps("dpm++-karras", publicConfig),
  );
});

Deno.test("settings that a solver cannot follow are refused where it would run, and only there", () => {
  for (
    const [key, value] of [
      ["solver_order", 3],
      ["algorithm_type", "sde-dpmsolver++"],
      ["solver_type", "heun"],
      ["lambda_min_clipped", -5.1],
    ] as const
  ) {
    const schedule = noiseSchedule({ ...publicConfig, [key]: value });
    assertThrows(
      () => planOf(schedule, "dpm++"),
      LocRefError,
      `Sampler "dpm++2m" cannot follow the model's scheduler config: ${key} is ${
        JSON.stringify(value)
      }, it must be`,
    );
    planOf(schedule, "ddim");
  }
  assertThrows(
    () => planOf(noiseSchedule({ interpolation_type: "log_linear" }), "euler"),
    LocRefError,
    "interpolation_type",
  );
  const both = { use_beta_sigmas: true, use_karras_sigmas: true };
  assertThrows(
    () => planOf(noiseSchedule(both), "euler"),
    LocRefError,
    "use_karras_sigmas and use_beta_sigmas are true",
  );
});

Deno.test("an offset that leads beyond the last timestep is refused, not clamped in silence", () => {
  const far = noiseSchedule({ ...publicConfig, steps_offset: 300 });
  assertThrows(
    () => planOf(far, "ddim", 10),
    RangeError,
    "steps_offset of the model's scheduler config is 300",
  );
});

Deno.test("an offset of 1 in as many steps as training leads to no timestep that no model was trained on", () => {
  for (const { name } of diffusion) {
    if (name === "lcm" || name === "tcd") continue; // they have timesteps of their own
    const solver = /^dpm\+\+[23]|^unipc|^deis/.test(name);
    const leading = { ...schedule, timestepSpacing: "leading" } as const;
    const plan = planOf(leading, name as "ddim", solver ? 999 : 1000);
    assertEquals(plan.timesteps[0], 999, name);
    const noise = () => Float32Array.of(0.5);
    const run = plan.run(Float32Array.of(plan.initialScale), { noise });
    let next = run.next();
    while (!next.done) next = run.next(Float32Array.of(0.3));
    assert(next.value.every(Number.isFinite), `${name}: ${next.value}`);
  }
});

Deno.test("betas that leave nothing of the picture are refused", () => {
  assertThrows(
    () => noiseSchedule({ beta_start: 0.9, beta_end: 0.99 }),
    LocRefError,
    "its betas leave no signal at timestep",
  );
});

/** Runs of diffusers' PNDM that begin at a step: spacing, steps, step, timesteps, start and end. */
const pndmStarts = [
  ["leading", 10, 1, [801, 801, 701, 601, 501, 401, 301, 201, 101, 1], [
    0.492829,
    -0.130026,
  ], [2.018024, -1.267636]],
  ["leading", 10, 2, [801, 701, 601, 501, 401, 301, 201, 101, 1], [
    0.492829,
    -0.130026,
  ], [1.291275, -0.635981]],
  ["leading", 10, 5, [501, 401, 301, 201, 101, 1], [0.094007, -0.452716], [
    0.062976,
    -0.911099,
  ]],
  ["leading", 10, 9, [101, 1], [-0.655414, -0.878772], [-0.839742, -1.165758]],
  ["leading", 3, 1, [334, 334, 1], [-0.212454, -0.65665], [
    -1.191708,
    -2.609811,
  ]],
  ["leading", 3, 2, [334, 1], [-0.212454, -0.65665], [-0.721118, -1.592412]],
  ["trailing", 10, 1, [899, 899, 799, 699, 599, 499, 399, 299, 199, 99], [
    0.567118,
    -0.061567,
  ], [3.259815, -2.216134]],
  ["trailing", 10, 2, [899, 799, 699, 599, 499, 399, 299, 199, 99], [
    0.567118,
    -0.061567,
  ], [2.435951, -0.849978]],
  ["trailing", 10, 5, [599, 499, 399, 299, 199, 99], [0.251472, -0.333509], [
    -0.03236,
    -1.174724,
  ]],
  ["trailing", 10, 9, [199, 99], [-0.470281, -0.798045], [-0.61585, -1.036282]],
  ["trailing", 3, 1, [666, 666, 332], [0.344842, -0.257955], [
    -0.95377,
    -5.187283,
  ]],
  ["trailing", 3, 2, [666, 332], [0.344842, -0.257955], [0.078556, -1.706412]],
] as [("leading" | "trailing"), number, number, number[], number[], number[]][];

Deno.test("PNDM begins on a picture at the timesteps of diffusers", () => {
  const wave = (k: number) =>
    Float32Array.of(Math.sin(1.3 * k), Math.sin(1.3 * k + 0.7));
  for (const [spacing, steps, from, timesteps, begun, end] of pndmStarts) {
    const plan = planOf(
      noiseSchedule({
        ...schedule.config,
        steps_offset: spacing === "leading" ? 1 : 0,
        timestep_spacing: spacing,
      }),
      "pndm",
      steps,
    );
    const name = `${spacing}, ${steps} from ${from}`;
    const start = plan.begun!(wave(100), wave(200), from);
    assertNear(start, Float32Array.from(begun), 1e-5, name);
    const run = plan.run(start, { from });
    const seen: number[] = [];
    let next = run.next();
    for (; !next.done; next = run.next(wave(seen.length - 1))) {
      seen.push(next.value.timestep);
    }
    assertEquals(seen, timesteps, name);
    assertNear(next.value, Float32Array.from(end), 1e-4, name);
  }
});
