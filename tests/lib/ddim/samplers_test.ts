import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
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
