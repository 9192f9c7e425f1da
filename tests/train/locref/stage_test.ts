import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { parseConfig } from "../../../train/loop/config.ts";
import { readLog } from "../../../train/log/training_log.ts";
import {
  type LocrefConfig,
  locrefSchema,
} from "../../../train/locref/locref_config.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { toDataUrl } from "../../../lib/images/encode.ts";
import { blankRaster } from "../../../lib/images/raster.ts";
import { stage } from "../../../train/locref/stage.ts";
import { readConfig, runStage } from "../../../train/loop/run_stage.ts";
import { random } from "../../../lib/core/random.ts";
import { openExecutor } from "../../../lib/ops/open_executor.ts";
import { soloRank } from "../../../train/ranks/ranks.ts";
import { smallBase } from "../../lib/adapters/small_base.ts";
import { copyWithMetadata } from "../../lib/weights/with_metadata.ts";
import { withTempDir } from "../temp_dir.ts";
import { writeTinyShards } from "../tiny_shards.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));
const configs = fromFileUrl(
  new URL("../../../train/configs", import.meta.url),
);

function tinyConfig(dir: string, change: Record<string, unknown> = {}) {
  return parseConfig(locrefSchema, {
    stage: "locref",
    name: "tiny",
    out: join(dir, "run"),
    backend: "wasm",
    steps: 2,
    batch: 2,
    optimizer: { learningRate: 1e-3 },
    model: {
      base: smallBase,
      imageEncoder: join(goldens, "clip-vision-gelu"),
    },
    data: {
      shards: join(dir, "shards"),
      side: 64,
      cache: join(dir, "features"),
    },
    augment: { views: 1 },
    dropout: { image: 0.2, text: 0.2, both: 0.2 },
    ...change,
  }, "tiny.json");
}

const lossesOf = async (out: string) =>
  (await readLog(out)).map(({ loss }) => loss!);

Deno.test("LocRef trains on shards and writes sheets and an adapter file", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "shards"));
    await writeTinyShards(join(dir, "shards"), 1);
    const config = tinyConfig(dir, { steps: 1, sampleEvery: 1 });
    const { finished, result } = await runStage(stage, config);
    assert(finished);
    const sheet = await Deno.stat(join(config.out, "samples-00000001.png"));
    assert(sheet.size > 1000);
    const { adapter: path } = result as { adapter: string };
    const adapter = await openLocRef(path);
    assertEquals([adapter.shape.kind, adapter.shape.tokens], ["locref", 16]);
  });
});

Deno.test("an adapter that is trained on keeps how it fits pictures to the encoder", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "shards"));
    await writeTinyShards(join(dir, "shards"), 1);
    const first = tinyConfig(dir, { steps: 1 });
    const { result } = await runStage(stage, first);
    const adapter = join(dir, "contained.safetensors");
    await copyWithMetadata(
      ...[(result as { adapter: string }).adapter, adapter] as const,
      { fit: "contain", composite_fit: "contain" },
    );
    const { model, ...rest } = tinyConfig(dir, { steps: 1 });
    const again = await runStage(stage, {
      ...{ ...rest, out: join(dir, "again"), model: { ...model, adapter } },
    });
    const { adapter: path } = again.result as { adapter: string };
    const { fit, compositeFit } = await openLocRef(path);
    assertEquals([fit, compositeFit], ["contain", "contain"]);
  });
});

Deno.test("losses are the same with features from the cache, without a cache, and on the plain tape", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "shards"));
    await writeTinyShards(join(dir, "shards"));
    const first = tinyConfig(dir);
    await runStage(stage, first);
    const losses = await lossesOf(first.out);
    assertEquals(losses.length, 2);
    const cached = tinyConfig(dir, { out: join(dir, "cached") });
    await runStage(stage, cached);
    assertEquals(await lossesOf(cached.out), losses);
    const plain = tinyConfig(dir, {
      out: join(dir, "plain"),
      recompute: false,
    });
    await runStage(stage, { ...plain, data: { ...plain.data, cache: null } });
    for (const [i, loss] of (await lossesOf(plain.out)).entries()) {
      assert(Math.abs(loss - losses[i]!) <= 1e-5 * loss);
    }
  });
});

Deno.test("on onnx every sample is filled up to the most instances, which changes no loss", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "shards"));
    await writeTinyShards(join(dir, "shards"));
    const first = tinyConfig(dir);
    const { data } = first;
    const config = { ...first, data: { ...data, maxInstances: 5 } };
    await runStage(stage, config);
    const out = join(dir, "onnx");
    await runStage(stage, { ...config, out }, { device: "onnx" });
    const losses = await lossesOf(config.out);
    for (const [i, loss] of (await lossesOf(out)).entries()) {
      assert(Math.abs(loss - losses[i]!) <= 1e-4 * loss);
    }
    const { executor } = await openExecutor("onnx");
    const opened = await stage.open(config, {
      executor,
      backend: "onnx",
      ranks: soloRank,
    });
    const batch = await opened.data.batch([0, 1].map((index) => ({
      number: index,
      index,
      epoch: 0,
      random: random(index),
    })));
    assertEquals(batch.ri!.shape[0], 10);
    await opened.close?.();
    await executor.dispose();
  });
});

Deno.test("LocRef trains on Stable Diffusion XL, and draws a scene with the adapter it wrote", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "shards"));
    await writeTinyShards(join(dir, "shards"));
    const { model, ...rest } = tinyConfig(dir, { backend: "onnx", steps: 2 });
    const base = join(goldens, "sdxl-tiny");
    const config = { ...rest, model: { ...model, base } };
    const { result } = await runStage(stage, config);
    const losses = await lossesOf(config.out);
    assertEquals(losses.length, 2);
    assert(losses.every((loss) => Number.isFinite(loss) && loss > 0));
    const { adapter } = result as { adapter: string };
    await using loaded = await LocRef.load(base, {
      ...{ adapter, imageEncoder: model.imageEncoder, backend: "onnx" },
    });
    const red = blankRaster(32, 32, [220, 40, 40, 255]);
    const { data } = await scene(64, 64)
      .caption("a red ball")
      .place(await toDataUrl(red), box.fraction(0.1, 0.1, 0.6, 0.6))
      .generate({
        ...{ model: loaded, steps: 2, size: { width: 64, height: 64 } },
      });
    assertEquals(data.length, 64 * 64 * 4);
  });
});

Deno.test("the paper's config is valid and says what the paper says", async () => {
  const { config } = await readConfig(join(configs, "locref-sd15.json"));
  const { epochs, batch, optimizer } = config;
  assertEquals({ epochs, batch }, { epochs: 100, batch: 32 });
  assertEquals(optimizer.learningRate, 1e-4);
  assertEquals(optimizer.weightDecay, 0.01);
});

Deno.test("the config for Stable Diffusion XL differs in base and size alone", async () => {
  const read = async (name: string) =>
    (await readConfig(join(configs, name))).config as LocrefConfig;
  const one = await read("locref-sd15.json"),
    xl = await read("locref-sdxl.json");
  assertEquals(xl.data.side, 1024);
  assertEquals(xl.model.base, "stabilityai/stable-diffusion-xl-base-1.0");
  assertEquals(xl, {
    ...one,
    ...{ name: xl.name, out: xl.out },
    model: { ...one.model, base: xl.model.base },
    data: { ...one.data, side: 1024 },
  });
});
