import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { noiseSchedule } from "../../../../lib/ddim/noise_schedule.ts";
import { chooseSampler, planRun } from "../../../../lib/ddim/samplers.ts";
import {
  afterSteps,
  callsTaken,
  firstStep,
  startOnPicture,
} from "../../../../lib/pipeline/start/run_start.ts";

const schedule = noiseSchedule({});
const latents = Float32Array.of(0.5, -0.5);
const noise = Float32Array.of(1, -1);

function planOf(
  name: "ddim" | "euler" | "heun" | "pndm" | "dpm2",
  steps = 8,
) {
  return planRun(schedule, chooseSampler(name), steps);
}

Deno.test("strength takes the last steps, one at least", () => {
  const taken = [[8, 0.6], [10, 0.3], [50, 0.29], [4, 0.01], [4, 1]] as const;
  assertEquals(
    taken.map(([steps, strength]) => steps - firstStep(steps, strength)),
    [4, 3, 14, 1, 4],
  );
});

Deno.test("the start is the picture with noise of its step, or noise alone where a mask forgets it", () => {
  const plan = planOf("ddim");
  const begun = startOnPicture(plan, { latents, noise, strength: 0.5 });
  assertEquals(begun.from, 4);
  assertEquals(begun.sample, plan.noised(latents, noise, 4));
  const mask = Float32Array.of(1, 0);
  const whole = { latents, noise, mask, strength: 1 };
  assertEquals(startOnPicture(plan, whole).sample, noise);
});

Deno.test("kept cells are the picture at the next step's noise, and clean at the end, whatever the sampler", () => {
  const mask = Float32Array.of(1, 0);
  for (const name of ["ddim", "euler", "heun", "pndm"] as const) {
    const plan = planOf(name);
    const start = startOnPicture(plan, {
      ...{ latents, noise, mask, strength: 0.5 },
    });
    const after = afterSteps(plan, start)!;
    const run = plan.run(start.sample, { from: start.from, after });
    let next = run.next(), last = start.from;
    while (!next.done) {
      const { step, sample } = next.value;
      if (step > last) {
        const kept = plan.noised(latents, noise, step)[1]!;
        assertAlmostEquals(sample[1]!, kept, 1e-5, `${name} ${step}`);
        last = step;
      }
      next = run.next(Float32Array.of(0.1, 0.1));
    }
    assert(last === plan.steps - 1, name);
    assertAlmostEquals(next.value[1]!, latents[1]!, 1e-6);
    assert(next.value[0] !== latents[0]);
  }
});

Deno.test("what is kept is set after every evaluation, with the noise that diffusers gives it", () => {
  const levels = (name: Parameters<typeof planOf>[0], from: number) => {
    const plan = planOf(name, 4), kept: number[] = [];
    const after = afterSteps(plan, {
      from,
      after: (sample, step) => {
        kept.push(step);
        return sample;
      },
    });
    const zero = () => Float32Array.of(0, 0);
    const run = plan.run(zero(), { from, after, noise: zero });
    for (let next = run.next(); !next.done; next = run.next(zero()));
    return kept;
  };
  assertEquals(levels("ddim", 0), [0, 1, 2, 3]);
  assertEquals(levels("pndm", 0), [0, 0, 1, 2, 3]);
  // its first step takes two timesteps of the run, the first of them a level above
  assertEquals(levels("pndm", 2), [1, 2, 3]);
  assertEquals(levels("heun", 0), [0, 0, 1, 1, 2, 2, 3]);
  // between two timesteps of the run lies no level of its own
  assertEquals(levels("dpm2", 1), [1, 1, 2, 2, 3]);
});

Deno.test("a model that reads the mask itself keeps nothing by hand", () => {
  const start = startOnPicture(planOf("ddim"), {
    ...{ latents, noise, mask: Float32Array.of(1, 0) },
    ...{ strength: 0.5, reads: true },
  });
  assertEquals(start.after, undefined);
});

Deno.test("evaluations of a run are counted from its first step: two a step, the last of one", () => {
  const calls = (sampler: string, from: number) =>
    callsTaken(planRun(noiseSchedule({}), chooseSampler(sampler), 5), from);
  assertEquals(calls("ddim", 0), 5);
  assertEquals(calls("ddim", 2), 3);
  assertEquals(calls("pndm", 0), 6);
  assertEquals(calls("heun", 0), 9);
  assertEquals(calls("heun", 3), 3);
});
