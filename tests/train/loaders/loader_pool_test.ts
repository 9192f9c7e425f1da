import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { random } from "../../../lib/core/random.ts";
import { onnxExecutor } from "../../../lib/ops/onnx/executor.ts";
import { openLoaders } from "../../../train/loaders/loader_pool.ts";
import { parseConfig } from "../../../train/loop/config.ts";
import { loadStage, runStage } from "../../../train/loop/run_stage.ts";
import type { TrainingSample } from "../../../train/loop/training_data.ts";
import { soloRank } from "../../../train/ranks/ranks.ts";
import { withTempDir } from "../temp_dir.ts";

const pocket = fromFileUrl(
  new URL("../../../models/pocket", import.meta.url),
);

const seed = 5;

async function configOf(more: Record<string, unknown>) {
  const stage = await loadStage(more.stage, "test");
  const config = parseConfig(stage.schema, {
    ...{ name: "loaders", out: "unused", seed, steps: 3, batch: 2 },
    ...more,
  }, "test.json");
  return { stage, config };
}

const sample = (number: number): TrainingSample => ({
  ...{ number, epoch: 0, index: number },
  random: random(seed, "sample", number),
});

Deno.test("loaders make the batches that the loop makes, to the bit", async () => {
  const { stage, config } = await configOf({
    ...{ stage: "pocket-vae", model: "m", side: 32, startPictures: 4 },
  });
  const executor = await onnxExecutor();
  const context = { executor, backend: "onnx", ranks: soloRank } as const;
  const opened = await stage.open(config, context);
  const { data, close } = await openLoaders(opened.data, {
    ...{ config, loaders: 2 },
  });
  const wanted = [[sample(0), sample(1)], [sample(2), sample(3)], [sample(4)]];
  // all at once, so that both threads work
  const made = await Promise.all(wanted.map((samples) => data.batch(samples)));
  for (const [i, samples] of wanted.entries()) {
    assertEquals(made[i], await opened.data.batch(samples));
  }
  assertEquals(data.ahead, 2);
  close();
  await opened.close?.();
  await executor.dispose();
});

Deno.test("a run with loaders has the losses of one without", async () => {
  await withTempDir(async (dir) => {
    const losses = async (loaders: number) => {
      const out = join(dir, `${loaders}`);
      const { stage, config } = await configOf({
        ...{ stage: "pocket-vae", model: join(dir, "m"), out, loaders },
        ...{ side: 32, startPictures: 4, backend: "onnx", logEvery: 1 },
      });
      assert((await runStage(stage, config)).finished);
      const log = await Deno.readTextFile(join(out, "log.jsonl"));
      return log.trim().split("\n").map((line) => JSON.parse(line).loss);
    };
    const without = await losses(0);
    assertEquals(without.length, 3);
    assertEquals(await losses(1), without);
  });
});

Deno.test("a stage that fails to open in a loader fails with its own error", async () => {
  const { config } = await configOf({
    ...{ stage: "pocket-unet", model: "/nowhere", start: pocket },
  });
  const data = { length: Infinity, batch: () => ({}) };
  const error = await assertRejects(
    () => openLoaders(data, { config, loaders: 2 }),
    LocRefError,
  );
  assertEquals(error.code, "file-missing");
});

Deno.test("a batch that a loader cannot make rejects with its error", async () => {
  await withTempDir(async (dir) => {
    const cache = join(dir, "file");
    await Deno.writeTextFile(cache, "no folder");
    const { config } = await configOf({
      ...{ stage: "pocket-unet", model: pocket, start: pocket },
      ...{ cachedScenes: 1, cache },
    });
    const { data, close } = await openLoaders(
      { length: Infinity, batch: () => ({}) },
      { config, loaders: 1 },
    );
    const error = await assertRejects(async () =>
      await data.batch([sample(0)])
    );
    assertStringIncludes((error as Error).message, cache);
    close();
  });
});

Deno.test("loaders refuse a stage that is none of the package", async () => {
  const { config } = await configOf({ stage: "pocket-vae", model: "m" });
  const data = { length: Infinity, batch: () => ({}) };
  await assertRejects(
    () =>
      openLoaders(data, {
        ...{ config: { ...config, stage: "mine" } as typeof config },
        loaders: 1,
      }),
    LocRefError,
    'Loaders cannot load stage "mine"',
  );
});
