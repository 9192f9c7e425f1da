import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../lib/core/error.ts";
import type { Executor, Program } from "../../../lib/ops/executor.ts";
import { ProgramPool } from "../../../lib/ops/program_pool.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { memoryWeights } from "./memory_weights.ts";

/** A program of one weight. */
const sized = (name: string, size: number): Program => ({
  name,
  inputs: {},
  outputs: {},
  run(_, params) {
    params.get("w", [size]);
    return {};
  },
});
/** Weights that are never read. */
const weights = memoryWeights({ w: { shape: [1], data: [0] } });
const light = (name: string) => ({ program: sized(name, 1), weights });
/** A program of 300 MB. */
const heavy = (name: string) => ({ program: sized(name, 75_000_000), weights });

/** An executor that counts, and whose runners fail once they are freed. */
function counting(options: { fail?: string } = {}) {
  const alive = new Set<string>();
  const compiled: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  let closed = false;
  const executor: Executor = {
    name: "counting",
    async compile({ name }) {
      await Promise.resolve();
      if (name === options.fail) {
        options.fail = undefined;
        throw new Error("no memory");
      }
      assert(!alive.has(name), `${name} is compiled twice`);
      alive.add(name);
      compiled.push(name);
      return {
        async run(inputs) {
          assert(alive.has(name), `${name} runs after it was freed`);
          if (inputs.wait) {
            const gate = Promise.withResolvers<void>();
            gates.push(gate);
            await gate.promise;
          } else await Promise.resolve();
          assert(alive.has(name), `${name} was freed while it ran`);
          return {};
        },
        dispose() {
          alive.delete(name);
          return Promise.resolve();
        },
      };
    },
    dispose() {
      closed = true;
      return Promise.resolve();
    },
  };
  return { executor, alive, compiled, gates, isClosed: () => closed };
}

const wait = { wait: tensor([1], new Float32Array(1)) };

Deno.test("a program that two use is compiled once and freed under neither", async () => {
  const { executor, alive, compiled } = counting();
  const pool = new ProgramPool(executor, "m");
  const a = { ...heavy("unet_a"), kind: "unet" };
  const b = { ...heavy("unet_b"), kind: "unet" };
  const [one, two] = await Promise.all([pool.take(a), pool.take(a)]);
  const other = await pool.take(b);
  assertEquals([...alive].sort(), ["unet_a", "unet_b"]);
  await one.dispose();
  await two.run({});
  await two.dispose();
  await other.run({});
  assertEquals(compiled, ["unet_a", "unet_b"]);
});

Deno.test("of large programs nobody uses, the last stays, and gives way before the next is compiled", async () => {
  const { executor, alive } = counting();
  const pool = new ProgramPool(executor, "m");
  for (const name of ["unet_a", "unet_b"]) {
    const runner = await pool.take({
      ...heavy(name),
      kind: "unet",
    });
    assertEquals([...alive], [name]);
    await runner.dispose();
    assertEquals([...alive], [name]);
  }
});

Deno.test("small programs stay up to four of a kind, and those without a kind always", async () => {
  const { executor, alive } = counting();
  const pool = new ProgramPool(executor, "m");
  for (let i = 0; i < 9; i++) {
    const kind = "unet";
    for (
      const one of [
        { ...light(`unet_${i}`), kind },
        light(`other_${i}`),
      ]
    ) await (await pool.take(one)).dispose();
  }
  const unets = [...alive].filter((name) => name.startsWith("unet"));
  assertEquals(unets, ["unet_5", "unet_6", "unet_7", "unet_8"]);
  assertEquals(alive.size, 4 + 9);
});

Deno.test("an encoder is released when nobody uses it, and compiled again for the next", async () => {
  const { executor, alive, compiled } = counting();
  const pool = new ProgramPool(executor, "m");
  const text = heavy("text_encoder");
  const runner = await pool.take(text);
  await pool.release((name) => name === "text_encoder", 1000);
  await runner.run({});
  await runner.dispose();
  await pool.release((name) => name === "text_encoder", 2 ** 40);
  assertEquals(alive.size, 1);
  await pool.release((name) => name === "text_encoder", 1000);
  assertEquals(alive.size, 0);
  await (await pool.take(text)).run({});
  assertEquals(compiled.length, 2);
});

Deno.test("two who release at the same time free each program once, and none that is taken meanwhile", async () => {
  const freed: string[] = [];
  const gate = Promise.withResolvers<void>();
  const compile: Executor["compile"] = ({ name }) =>
    Promise.resolve({
      run: () => Promise.resolve({}),
      async dispose() {
        freed.push(name);
        await gate.promise;
      },
    });
  const dispose = () => Promise.resolve();
  const pool = new ProgramPool({ name: "slow", compile, dispose }, "model");
  for (const name of ["a", "b", "c"]) {
    await (await pool.take(heavy(name)))
      .dispose();
  }
  const both = [
    pool.release(() => true, 1),
    pool.release((name) => name !== "c", 1),
  ];
  await pool.take(heavy("c"));
  gate.resolve();
  await Promise.all(both);
  assertEquals(freed, ["a", "b"]);
  await pool.dispose();
});

Deno.test("dispose waits for what runs, stops what would go on, and refuses what begins", async () => {
  const { executor, alive, gates, isClosed } = counting();
  const pool = new ProgramPool(executor, "pocket");
  const one = light("a");
  const runner = await pool.take(one);
  const running = runner.run(wait);
  await Promise.resolve();
  const disposed = pool.dispose();
  const again = pool.dispose();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(isClosed(), false);
  gates[0]!.resolve();
  await running;
  await Promise.all([disposed, again]);
  assertEquals([alive.size, isClosed()], [0, true]);
  for (const late of [() => runner.run({}), () => pool.take(one)]) {
    const error = await assertRejects(
      late,
      LocRefError,
      'Model "pocket" was disposed of and cannot be used any more: load it again',
    );
    assertEquals(error.code, "disposed");
  }
  await runner.dispose();
});

Deno.test("a compilation that failed is tried again, and leaves nobody waiting", async () => {
  const { executor } = counting({ fail: "a" });
  const pool = new ProgramPool(executor, "m");
  const one = { ...light("a"), kind: "a" };
  const tries = await Promise.allSettled([pool.take(one), pool.take(one)]);
  assertEquals(tries.map(({ status }) => status), ["rejected", "rejected"]);
  await (await pool.take(one)).run({});
  await pool.dispose();
});

Deno.test("whatever is taken, run and given back in whatever order, nothing is freed under a user", async () => {
  const action = fc.record({
    program: fc.integer({ min: 0, max: 5 }),
    large: fc.boolean(),
    runs: fc.integer({ min: 0, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 30 }),
      fc.scheduler(),
      async (actions, scheduler) => {
        const { executor, alive } = counting();
        const pool = new ProgramPool(executor, "m");
        const users = actions.map(async ({ program: i, large, runs }) => {
          await scheduler.schedule(Promise.resolve());
          const runner = await pool.take({
            ...(large ? heavy : light)(`${large}_${i}`),
            kind: `${large}`,
          });
          for (let n = 0; n < runs; n++) {
            await scheduler.schedule(Promise.resolve());
            await runner.run({});
          }
          await runner.dispose();
        });
        await scheduler.waitAll();
        await scheduler.waitFor(Promise.all(users));
        const kept = (large: boolean) =>
          [...alive].filter((name) => name.startsWith(`${large}`)).length;
        assert(kept(true) <= 1 && kept(false) <= 4, [...alive].join());
        await pool.dispose();
        assertEquals(alive.size, 0);
      },
    ),
    { numRuns: 60 },
  );
});
