import { assertEquals, assertRejects } from "@std/assert";
import { Run, type StepGenerator } from "../../../lib/model/run.ts";
import type { GenerationStep } from "../../../lib/pipeline/generation_step.ts";
import { Picture } from "../../../lib/pipeline/picture.ts";
import type { Provenance } from "../../../lib/pipeline/provenance/provenance.ts";

const picture = new Picture(
  { width: 1, height: 1, data: new Uint8Array(4) },
  {} as Provenance,
);

/** A run of four steps, and what became of it. */
function fourSteps(fail?: Error) {
  const seen = { taken: 0, freed: false };
  async function* start(signal: AbortSignal): StepGenerator {
    try {
      for (let step = 1; step <= 4; step++) {
        await Promise.resolve();
        signal.throwIfAborted();
        if (fail !== undefined && step === 3) throw fail;
        seen.taken = step;
        yield { step, total: 4 } as GenerationStep;
      }
      return picture;
    } finally {
      seen.freed = true;
    }
  }
  return { run: new Run(start), seen };
}

async function stepsOf(run: Run): Promise<number[]> {
  const steps: number[] = [];
  for await (const { step } of run) steps.push(step);
  return steps;
}

Deno.test("a run begins with the first who asks, for a step or the picture", async () => {
  const { run, seen } = fourSteps();
  await Promise.resolve();
  assertEquals(seen.taken, 0);
  await run.next();
  assertEquals(seen.taken, 1);
});

Deno.test("a loop takes every step, and the picture is there after it", async () => {
  const { run } = fourSteps();
  assertEquals(await stepsOf(run), [1, 2, 3, 4]);
  assertEquals(await run.picture, picture);
});

Deno.test("the picture alone runs all steps", async () => {
  const { run, seen } = fourSteps();
  assertEquals(await run.picture, picture);
  assertEquals(seen, { taken: 4, freed: true });
});

Deno.test("a loop loses no step to whoever asked for the picture before", async () => {
  const { run } = fourSteps();
  await run.picture;
  assertEquals(await stepsOf(run), [1, 2, 3, 4]);
});

Deno.test("a loop beside the picture sees the steps in order", async () => {
  const { run } = fourSteps();
  const [made, steps] = await Promise.all([run.picture, stepsOf(run)]);
  assertEquals([made, steps], [picture, [1, 2, 3, 4]]);
});

Deno.test("next() returns the picture at the end, as a generator does", async () => {
  const { run } = fourSteps();
  for (let step = 1; step <= 4; step++) {
    assertEquals((await run.next()).done, false);
  }
  assertEquals(await run.next(), { done: true, value: picture });
});

Deno.test("yield* over a run comes to its picture", async () => {
  const { run } = fourSteps();
  async function* outer() {
    return yield* run;
  }
  const steps = outer();
  for (let step = 1; step <= 4; step++) await steps.next();
  assertEquals((await steps.next()).value, picture);
});

Deno.test("cancel frees the run, and loop and picture throw an AbortError", async () => {
  const { run, seen } = fourSteps();
  await run.next();
  await run.cancel();
  assertEquals(seen, { taken: 1, freed: true });
  for (const ask of [() => run.next(), () => run.picture]) {
    const error = await assertRejects(ask, DOMException, "cancelled");
    assertEquals(error.name, "AbortError");
  }
});

Deno.test("a run that is cancelled during a step takes no other", async () => {
  const { run, seen } = fourSteps();
  const made = assertRejects(() => run.picture, Error, "enough");
  await run.cancel(new Error("enough"));
  await made;
  assertEquals(seen.freed, true);
});

Deno.test("a run that never began is cancelled without beginning", async () => {
  const { run, seen } = fourSteps();
  await run.cancel();
  assertEquals(seen.taken, 0);
  await assertRejects(() => run.picture, DOMException, "cancelled");
});

Deno.test("leaving the loop stops the run, and the picture says so", async () => {
  const { run, seen } = fourSteps();
  for await (const { step } of run) if (step === 2) break;
  assertEquals(seen, { taken: 2, freed: true });
  await assertRejects(() => run.picture, DOMException, "was left");
});

Deno.test("leaving the loop goes on where the picture was asked for", async () => {
  const { run } = fourSteps();
  const made = run.picture;
  for await (const { step } of run) if (step === 2) break;
  assertEquals(await made, picture);
});

Deno.test("an error of the run reaches loop and picture", async () => {
  const { run } = fourSteps(new Error("no more memory"));
  const made = run.picture;
  await assertRejects(() => stepsOf(run), Error, "no more memory");
  await assertRejects(() => made, Error, "no more memory");
});

Deno.test("await using stops a run that was left", async () => {
  const { run, seen } = fourSteps();
  {
    await using used = run;
    await used.next();
  }
  assertEquals(seen, { taken: 1, freed: true });
});
