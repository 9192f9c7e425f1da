import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cp } from "node:fs/promises";
import { fromFileUrl, join } from "@std/path";
import { openTraining } from "../../../train/backends/open_training.ts";
import type {
  TrainerOptions,
  TrainingBatch,
} from "../../../train/backends/trainer.ts";
import { parseConfig } from "../../../train/loop/config.ts";
import { noWeights } from "../../../train/loop/host_weights.ts";
import { readLog } from "../../../train/log/training_log.ts";
import { loadStage, runStage } from "../../../train/loop/run_stage.ts";
import type { WeightSource } from "../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { random } from "../../../lib/core/random.ts";
import { soloRank } from "../../../train/ranks/ranks.ts";
import { withTempDir } from "../temp_dir.ts";

const pocket = fromFileUrl(
  new URL("../../../models/pocket", import.meta.url),
);

const configs: Readonly<Record<string, Record<string, unknown>>> = {
  "pocket-vae": {
    ...{ model: "m", side: 32, kl: 1, startPictures: 4, measured: 2 },
    detail: 0.5,
  },
  "pocket-clip": { model: "m", places: 0.5 },
  "pocket-detector": { folder: "m" },
  "pocket-unet": { model: pocket, start: pocket, sizes: [[32, 32]] },
};

/** Numbers of the samples of a batch: one where a forward pass on wasm takes seconds. */
const samplesOf = (name: string) => name === "pocket-unet" ? [1] : [1, 2];

async function openStage(name: string, out: string) {
  const stage = await loadStage(name, "test");
  const config = parseConfig(stage.schema, {
    stage: name,
    name,
    out,
    steps: 10,
    batch: samplesOf(name).length,
    ...configs[name],
  }, "test.json");
  return { stage, config };
}

for (const name of Object.keys(configs)) {
  Deno.test(`stage ${name} has the loss and the gradients of wasm on onnx`, async () => {
    await withTempDir(async (dir) => {
      const { stage, config } = await openStage(name, dir);
      const [wasm, onnx] = [
        await openTraining("wasm"),
        await openTraining("onnx"),
      ];
      const executor = await onnx.executor();
      const context = { executor, backend: "onnx", ranks: soloRank } as const;
      const opened = await stage.open(config, context);
      const samples = samplesOf(name).map((number) => ({
        number,
        index: 0,
        epoch: 0,
        random: random(7, number),
      }));
      const batch = uneven(await opened.data.batch(samples));
      const options: TrainerOptions = { frozen: noWeights, ...opened };
      const results = [];
      for (const training of [wasm, onnx]) {
        const trainer = await training.open(options);
        const numbers = await trainer.accumulate(batch, 0.5);
        results.push({ numbers, gradients: await trainer.gradients() });
        await trainer.dispose();
      }
      await opened.close?.();
      await executor.dispose();
      const [expected, found] = results;
      assertEquals(
        Object.keys(found!.numbers).sort(),
        Object.keys(expected!.numbers).sort(),
      );
      for (const [key, value] of Object.entries(expected!.numbers)) {
        assertAlmostEquals(
          found!.numbers[key]!,
          value,
          1e-4 * Math.abs(value),
          key,
        );
      }
      const largest = Math.max(
        ...[...expected!.gradients.values()].map(({ data }) => peak(data)),
      );
      assert(largest > 0);
      for (const [key, { data }] of expected!.gradients) {
        const own = found!.gradients.get(key)!.data;
        const error = peak(data.map((value, i) => value - own[i]!));
        assert(
          error <= 1e-3 * peak(data) + 1e-6 * largest,
          `${key}: ${error} of ${peak(data)}`,
        );
      }
    });
  });
}

/**
 * A batch with noise on all that is not integers. Even areas have differences of 0, where absolute
 * values have no slope and rounding decides on one.
 */
function uneven(batch: TrainingBatch): TrainingBatch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => {
      if (data instanceof Int32Array) return [name, { shape, data }];
      const noise = random("uneven", name).normals(data.length);
      return [name, { shape, data: noise.map((x, i) => 0.1 * x + data[i]!) }];
    }),
  );
}

function peak(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

Deno.test("a pocket stage trains on onnx, draws its sheets and writes its part of a model", async () => {
  await withTempDir(async (dir) => {
    const { stage, config } = await openStage("pocket-vae", dir);
    const model = join(dir, "model");
    const train = async (more: Record<string, unknown>) =>
      await runStage(
        stage,
        {
          ...{ ...config, model, steps: 2, sampleEvery: 1, backend: "onnx" },
          ...more,
        } as typeof config,
      );
    const file = join(model, "vae", "diffusion_pytorch_model.safetensors");
    assert((await train({})).finished);
    assertEquals((await readLog(dir)).length, 2);
    assert((await Deno.stat(join(dir, "sheet-1.png"))).size > 1000);
    const before = await openSafetensors(file);
    const whole = await readAll(before);
    await train({ trained: "decoder", out: join(dir, "detail"), hold: 0 });
    const after = await readAll(await openSafetensors(file));
    const changed = [...whole.keys()].filter((name) =>
      String(whole.get(name)) !== String(after.get(name))
    );
    assert(changed.length > 10);
    const others = changed.filter((name) =>
      !/^(decoder|post_quant)/.test(name)
    );
    assertEquals(others, []);
  });
});

Deno.test("the UNet trains on pictures of several sizes, a step each", async () => {
  await withTempDir(async (dir) => {
    for (const part of ["vae", "image_encoder", "text_encoder", "tokenizer"]) {
      await cp(join(pocket, part), join(dir, "model", part), {
        recursive: true,
      });
    }
    const { stage, config } = await openStage("pocket-unet", dir);
    const sizes = [[64, 32], [32, 64], [32, 32]];
    const { finished } = await runStage(
      stage,
      {
        ...{ ...config, model: join(dir, "model"), sizes, backend: "onnx" },
        ...{ batch: 1, steps: 3, measured: 1, start: undefined },
      } as typeof config,
    );
    assert(finished);
    const losses = (await readLog(dir)).map(({ loss }) => loss);
    assertEquals(losses.length, 3);
    assert(losses.every((loss) => loss! > 0 && loss! < 100));
  });
});

async function readAll(
  source: WeightSource,
): Promise<Map<string, Float32Array>> {
  const names = source.names();
  const values = await Promise.all(names.map((name) => source.read(name)));
  return new Map(names.map((name, i) => [name, values[i]!]));
}
