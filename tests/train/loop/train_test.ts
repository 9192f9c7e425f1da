import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import {
  listCheckpoints,
  loadCheckpoint,
} from "../../../train/loop/checkpoint.ts";
import {
  hostSource,
  writeHostWeights,
} from "../../../train/loop/host_weights.ts";
import { type LogEntry, readLog } from "../../../train/log/training_log.ts";
import { random } from "../../../lib/core/random.ts";
import type { LossProgram } from "../../../lib/ops/loss_program.ts";
import { train } from "../../../train/loop/train.ts";
import type { TrainOptions } from "../../../train/loop/train_options.ts";
import { withTempDir } from "../temp_dir.ts";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import { openToy, toyData, toyProgram, toyRun } from "../toy.ts";
import type { TrainingData } from "../../../train/loop/training_data.ts";

const losses = (entries: readonly LogEntry[]) =>
  entries.map(({ step, loss }) => [step, loss]);

async function wholeRun(dir: string): Promise<LogEntry[]> {
  await train(toyRun(await openToy(), join(dir, "whole")));
  return await readLog(join(dir, "whole"));
}

Deno.test("training lowers the loss, and the same seed gives the same losses", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const first = await wholeRun(dir);
    assert(first.at(-1)!.loss! < first[0]!.loss!);
    const again = join(dir, "again");
    await train(toyRun(backend, again));
    assertEquals(losses(await readLog(again)), losses(first));
    const other = join(dir, "other");
    await train(toyRun(backend, other, { seed: 4 }));
    assert((await readLog(other))[0]!.loss !== first[0]!.loss);
  });
});

Deno.test("accumulated micro-batches give the losses of the whole batch", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const whole = await wholeRun(dir);
    const out = join(dir, "micro");
    await train(toyRun(backend, out, { microBatch: 3 }));
    for (const [i, { loss }] of (await readLog(out)).entries()) {
      assertAlmostEquals(loss!, whole[i]!.loss!, 1e-5);
    }
  });
});

Deno.test("a run that is stopped goes on to the same losses and weights", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const whole = toyRun(backend, join(dir, "whole"));
    const expected = await train(whole);
    const out = join(dir, "stopped");
    const controller = new AbortController();
    const stopped = await train(toyRun(backend, out, {
      signal: controller.signal,
      sample: { every: 5, draw: () => controller.abort() },
    }));
    assertEquals([stopped.step, stopped.finished], [6, false]);
    const resumed = await train(toyRun(backend, out, { resume: true }));
    assertEquals([resumed.step, resumed.finished], [12, true]);
    assertEquals(
      losses(await readLog(out)),
      losses(await readLog(whole.out)),
    );
    assertEquals(resumed.weights, expected.weights);
  });
});

Deno.test("a run killed with SIGKILL at random moments resumes to the losses of an unbroken one", async () => {
  const stream = random("kill", 2);
  const program = fromFileUrl(new URL("../toy.ts", import.meta.url));
  await withTempDir(async (dir) => {
    const expected = losses(await wholeRun(dir));
    const out = join(dir, "killed");
    let kills = 0;
    for (let finished = false; !finished;) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", program, out, "--resume", "--slow"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      const limit = kills < 4 ? 500 + 600 * stream.uniform() : 60_000;
      const timer = setTimeout(() => child.kill("SIGKILL"), limit);
      const { success, signal } = await child.status;
      clearTimeout(timer);
      finished = success;
      if (signal === "SIGKILL") kills++;
      else assert(success, "the run failed by itself");
    }
    assert(kills > 0, "the run was faster than the first kill");
    assertEquals(losses(await readLog(out)), expected);
  });
});

Deno.test("Ctrl-C finishes the step, saves and says how to go on", async () => {
  const program = fromFileUrl(new URL("../toy.ts", import.meta.url));
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program, out, "--resume", "--slow"],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    while ((await readLog(out)).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    assertEquals(code, 0);
    const { step, finished } = JSON.parse(new TextDecoder().decode(stdout));
    assert(!finished && step >= 2 && step < 12);
    assertEquals((await readLog(out)).at(-1)!.step, step);
    const checkpoint = (await listCheckpoints(out)).at(-1)!;
    assert(checkpoint.endsWith(`step-${String(step).padStart(8, "0")}`));
    const told = new TextDecoder().decode(stderr);
    assert(told.includes(`Stopped after step ${step}, saved in ${out}`), told);
    assert(told.includes("--resume"), told);
  });
});

Deno.test("a changed checkpoint is passed over with a warning, or named where it is the only one", async () => {
  const backend = await openToy();
  await withTempDir(async (out) => {
    await train(toyRun(backend, out));
    const paths = await listCheckpoints(out);
    assertEquals(paths.length, 2);
    await spoil(join(paths[1]!, "tensors.safetensors"));
    const expected = await readLog(out);
    await train(toyRun(backend, out, { resume: true }));
    assertEquals(losses(await readLog(out)), losses(expected));
    for (const path of await listCheckpoints(out)) {
      await spoil(join(path, "tensors.safetensors"));
    }
    await assertRejects(
      () => train(toyRun(backend, out, { resume: true })),
      Error,
      "SHA-256 differs",
    );
  });
});

async function spoil(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 3]! ^= 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("a folder that holds a run is not overwritten, nor resumed with other settings", async () => {
  const backend = await openToy();
  await withTempDir(async (out) => {
    await train(toyRun(backend, out, { steps: 3 }));
    await assertRejects(() => train(toyRun(backend, out)), Error, "--resume");
    await assertRejects(
      () => train(toyRun(backend, out, { resume: true, batch: 4 })),
      Error,
      "batch 8, so it cannot go on with 4",
    );
  });
});

for (const name of ["wasm", "onnx"] as const) {
  Deno.test(`a run does not go on with other weights than it began with, on ${name}`, async () => {
    const backend = await openToy(name);
    await withTempDir(async (out) => {
      const run = toyRun(backend, out, { steps: 3 });
      await train(run);
      const resumed = (change: Record<string, number[] | undefined>) => {
        const trainable = new Map(run.trainable);
        for (const [name, shape] of Object.entries(change)) {
          const size = shape?.reduce((a, b) => a * b, 1);
          if (shape === undefined) trainable.delete(name);
          else trainable.set(name, { shape, data: new Float32Array(size!) });
        }
        return train({ ...run, trainable, steps: 4, resume: true });
      };
      const path = `Checkpoint "${(await listCheckpoints(out)).at(-1)}"`;
      const wrong: [Record<string, number[] | undefined>, string][] = [
        [{ more: [3] }, 'has no "weights.more", the model wants [3]'],
        [
          { "out.weight": [16, 2] },
          'has "weights.out.weight" of shape [2, 16], the model wants [16, 2]',
        ],
        [
          { "hidden.bias": undefined },
          'holds weight "hidden.bias", which this run does not train',
        ],
      ];
      for (const [change, message] of wrong) {
        await assertRejects(
          () => resumed(change),
          LocRefError,
          `${path} ${message}`,
        );
      }
      assertEquals((await resumed({})).step, 4);
    });
  });

  Deno.test(`gradients whose squares are too large for a number end the run, on ${name}`, async () => {
    const backend = await openToy(name);
    await withTempDir(async (out) => {
      const data = toyData((number) => number >= 2 * 8 ? 1e21 : 1);
      const optimizer = { learningRate: 0.01 };
      await assertRejects(
        () => train(toyRun(backend, out, { data, optimizer })),
        LocRefError,
        "The norm of the gradients is ",
      );
      assertEquals((await readLog(out)).length, 2);
    });
  });

  Deno.test(`a batch or a loss that is none ends the run with its name, on ${name}`, async () => {
    const backend = await openToy(name);
    await withTempDir(async (dir) => {
      const data = toyData();
      const noFactor: TrainOptions["data"] = {
        ...data,
        batch: async (samples) => {
          const { factor, ...batch } = await data.batch(samples);
          return { ...batch, factr: factor! };
        },
      };
      await assertRejects(
        () => train(toyRun(backend, join(dir, "a"), { data: noFactor })),
        TypeError,
        'A batch of "toy" lacks "factor", it has ["x", "y", "factr"]',
      );
      for (const part of ["loss", "miss"]) {
        const program: LossProgram = {
          ...toyProgram,
          run: (ops, weights, batch) => {
            const { loss } = toyProgram.run(ops, weights, batch);
            const rows = ops.mul(batch.y!, loss);
            return part === "loss"
              ? { loss: rows }
              : { loss, metrics: { miss: rows } };
          },
        };
        await assertRejects(
          () => train(toyRun(backend, join(dir, part), { program })),
          RangeError,
          `"${part}" of "toy" must be one number, got the shape [8, 2]: take its mean`,
        );
      }
    });
  });
}

Deno.test("a loss that is no number ends the run with its step", async () => {
  const backend = await openToy();
  await withTempDir(async (out) => {
    const data = toyData((number) => number >= 4 * 8 ? NaN : 1);
    await assertRejects(
      () => train(toyRun(backend, out, { data })),
      Error,
      "The loss is NaN at step 5",
    );
  });
});

Deno.test("gradients that are no numbers end the run before they reach a checkpoint", async () => {
  const backend = await openToy();
  await withTempDir(async (out) => {
    const data = toyData((number) => number >= 4 * 8 ? 0 : 1);
    // the root's slope at 0 is infinite, times 0 it is NaN, while the loss stays a number
    const program: LossProgram = {
      ...toyProgram,
      run: (ops, weights, batch) => {
        const { loss } = toyProgram.run(ops, weights, batch);
        return { loss: ops.add(loss, ops.mul(ops.sqrt(loss), batch.factor!)) };
      },
    };
    await assertRejects(
      () =>
        train(
          toyRun(backend, out, { data, program, checkpoint: { every: 1 } }),
        ),
      LocRefError,
      "The norm of the gradients is NaN at step 5",
    );
    const newest = (await listCheckpoints(out)).at(-1)!;
    assert(newest.endsWith("step-00000004"), newest);
    const { tensors } = await loadCheckpoint(newest);
    for (const { data } of tensors.values()) {
      assert(data.every(Number.isFinite));
    }
  });
});

Deno.test("weights that are no numbers are not written", async () => {
  await withTempDir(async (out) => {
    const path = `${out}/w.safetensors`;
    const data = Float32Array.of(1, NaN, Infinity);
    await assertRejects(
      () => writeHostWeights(path, new Map([["a", { shape: [3], data }]])),
      LocRefError,
      'Weight "a" holds 2 values that are NaN or infinity',
    );
    assertEquals([...Deno.readDirSync(out)], []);
  });
});

Deno.test("training leaves no tensor behind, and their number is the same after every step", async () => {
  const backend = await openToy();
  const tf = await openTfjs("wasm");
  await withTempDir(async (out) => {
    const before = tf.memory().numTensors;
    const counts = new Set<number>();
    await train(toyRun(backend, out, {
      steps: 200,
      microBatch: 3,
      checkpoint: { every: 50 },
      sample: {
        every: 7,
        draw: () => void counts.add(tf.memory().numTensors),
      },
    }));
    assertEquals(counts.size, 1);
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("frozen weights stay as they are and dropped ones get no gradient", async () => {
  const backend = await openToy();
  await withTempDir(async (out) => {
    const run = toyRun(backend, out, { steps: 2 });
    const { "out.weight": frozen, ...trainable } = Object.fromEntries(
      run.trainable,
    );
    const unused = { shape: [3], data: Float32Array.of(1, 2, 3) };
    const { weights } = await train({
      ...run,
      trainable: new Map([...Object.entries(trainable), ["unused", unused]]),
      frozen: hostSource(new Map([["out.weight", frozen!]])),
      optimizer: { learningRate: 0.1, weightDecay: 0 },
    });
    assertEquals([...weights.keys()].sort(), [
      "hidden.bias",
      "hidden.weight",
      "unused",
    ]);
    assertEquals(weights.get("unused")!.data, unused.data);
  });
});

/** The lines that a run prints on stderr. */
async function linesOf(change: Partial<TrainOptions>): Promise<string[]> {
  const backend = await openToy("onnx");
  const text = new TextDecoder();
  const { writeSync } = Deno.stderr;
  let printed = "";
  Deno.stderr.writeSync = (bytes) => {
    printed += text.decode(bytes);
    return bytes.length;
  };
  try {
    await withTempDir(async (out) => {
      await train(toyRun(backend, out, { steps: 2, ...change }));
    });
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
  return printed.split("\n");
}

Deno.test("a run says at once that its step is compiled, and its first loss before 30 seconds", async () => {
  const [first, second] = await linesOf({});
  assertEquals(first, "toy  compiling the step for onnx…");
  assert(second!.startsWith("toy  step 1/2  loss "), second);
});

Deno.test("a batch of another shape is compiled once, and a line says so", async () => {
  const lines = await linesOf({ microBatch: 5 });
  assertEquals(lines.filter((line) => line.includes("again")), [
    "toy  compiling again, the batch has another shape: x 3×8, y 3×2, factor 1",
  ]);
});

Deno.test("batches of five shapes in turn are compiled once each", async () => {
  const lines = await linesOf({
    steps: 15,
    data: rowsInTurn([8, 7, 6, 5, 4]),
  });
  assertEquals(lines.filter((line) => line.includes("again")).length, 4);
});

/** Batches of the toy cut to as many rows as each step's turn names. */
function rowsInTurn(rows: readonly number[]): TrainingData {
  const all = toyData();
  return {
    ...all,
    batch(samples) {
      const turn = Math.floor(samples[0]!.number / samples.length);
      return all.batch(samples.slice(0, rows[turn % rows.length]));
    },
  };
}

Deno.test("a run goes on to the same losses on another backend", async () => {
  await withTempDir(async (dir) => {
    const whole = await wholeRun(dir);
    const backends = [await openToy("wasm"), await openToy("onnx")];
    for (const [from, to] of [backends, backends.toReversed()]) {
      const controller = new AbortController();
      const stopped = join(dir, `${from!.name}-stopped`);
      await train(toyRun(from!, stopped, {
        signal: controller.signal,
        sample: { every: 5, draw: () => controller.abort() },
      }));
      await train(toyRun(to!, stopped, { resume: true }));
      for (const [i, { loss }] of (await readLog(stopped)).entries()) {
        assertAlmostEquals(loss!, whole[i]!.loss!, 1e-4);
      }
    }
  });
});

Deno.test("onnx takes micro-batches, clips, averages and spares frozen weights as wasm does", async () => {
  await withTempDir(async (dir) => {
    const all = [];
    for (const name of ["wasm", "onnx"] as const) {
      const out = join(dir, name);
      const run = toyRun(await openToy(name), out, { microBatch: 3 });
      const { "hidden.bias": frozen, ...trainable } = Object.fromEntries(
        run.trainable,
      );
      const unused = { shape: [3], data: Float32Array.of(1, 2, 3) };
      const { weights } = await train({
        ...run,
        trainable: new Map([...Object.entries(trainable), ["unused", unused]]),
        frozen: hostSource(new Map([["hidden.bias", frozen!]])),
        optimizer: {
          ...run.optimizer,
          clip: 0.1,
          decays: (name) => name !== "unused",
        },
      });
      all.push({ weights, log: await readLog(out) });
    }
    const [wasm, onnx] = all;
    for (const [i, { loss, gradient_norm }] of onnx!.log.entries()) {
      assertAlmostEquals(loss!, wasm!.log[i]!.loss!, 1e-4);
      assertAlmostEquals(gradient_norm!, wasm!.log[i]!.gradient_norm!, 1e-4);
    }
    for (const [name, { data }] of onnx!.weights) {
      const expected = wasm!.weights.get(name)!.data;
      data.forEach((value, i) => assertAlmostEquals(value, expected[i]!, 1e-4));
    }
    assertEquals([...onnx!.weights.get("unused")!.data], [1, 2, 3]);
  });
});

for (const name of ["wasm", "onnx"] as const) {
  Deno.test(`a run that follows another takes the steps that a longer one would, on ${name}`, async () => {
    const backend = await openToy(name);
    await withTempDir(async (dir) => {
      const always = (number: number) => ({
        ...{ number, index: number, epoch: 0 },
        random: random(1, number),
      });
      const batch = toyData().batch([0, 1, 2, 3, 4, 5, 6, 7].map(always));
      const run = (name: string, change: Partial<TrainOptions>) =>
        train(toyRun(backend, join(dir, name), {
          data: { length: 100, batch: () => batch },
          optimizer: { learningRate: 0.01, ema: 0.9 },
          ...change,
        }));
      const whole = await run("whole", { steps: 9 });
      await run("first", { steps: 4 });
      const first = join(dir, "first");
      await run("second", { steps: 2, follows: first });
      const third = { steps: 3, follows: join(dir, "second") };
      const stop = AbortSignal.abort();
      await run("third", { ...third, signal: stop });
      const last = await run("third", { ...third, resume: true });
      assertEquals([last.step, last.finished], [3, true]);
      for (const [name, { data }] of whole.weights) {
        const own = last.weights.get(name)!.data;
        for (const [i, value] of data.entries()) {
          assertAlmostEquals(own[i]!, value, 1e-6, name);
        }
      }
      await assertRejects(
        () => run("fourth", { follows: join(dir, "nowhere") }),
        LocRefError,
        "holds no checkpoint",
      );
    });
  });
}
