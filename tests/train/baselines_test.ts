import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openAdapter } from "../../lib/adapters/adapter_formats.ts";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { random } from "../../lib/core/random.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { soloRank } from "../../train/ranks/ranks.ts";
import { readLog } from "../../train/log/training_log.ts";
import { parseConfig } from "../../train/loop/config.ts";
import { loadStage, readConfig, runStage } from "../../train/loop/run_stage.ts";
import {
  pixelsOf,
  twoObjects,
  writeEncoder,
} from "../lib/adapters/random_adapter.ts";
import { smallBase } from "../lib/adapters/small_base.ts";
import { withTempDir } from "./temp_dir.ts";
import { writeTinyShards } from "./tiny_shards.ts";

/** A rival's config beside what all have, and what its file opens as. */
interface Rival {
  readonly stage: string;
  readonly kind: string;
  readonly file: string;
  readonly own?: Record<string, unknown>;
  readonly model?: Record<string, unknown>;
  /** Whether it reads pictures, through an encoder whose embeddings are as wide as text. */
  readonly pictures?: boolean;
  /** Whether it is opened alone, since its gradients are among the golden cases. */
  readonly short?: boolean;
}

const rivals: readonly Rival[] = [
  { stage: "gligen", kind: "gligen", file: "gligen" },
  {
    ...{ stage: "gligen", kind: "gligen", file: "gligen", pictures: true },
    short: true,
  },
  { stage: "migc", kind: "migc", file: "migc" },
  {
    ...{ stage: "migc", kind: "migc-plus", file: "migc_plus" },
    ...{ model: { plus: true }, short: true },
  },
  {
    ...{ stage: "ms-diffusion", kind: "ms-diffusion", file: "ms_diffusion" },
    ...{ pictures: true },
    own: { resampler: { tokens: 4, depth: 1, width: 64, heads: 1 } },
  },
  {
    ...{ stage: "ip-adapter", kind: "locref", file: "ip_adapter" },
    pictures: true,
  },
];

async function config(
  dir: string,
  { stage, own, model, pictures }: Rival,
  more: Record<string, unknown> = {},
) {
  const found = await loadStage(stage, "tiny.json");
  return {
    stage: found,
    config: parseConfig(found.schema, {
      stage,
      name: "tiny",
      out: join(dir, `${stage}-${pictures}-${model?.plus}`),
      backend: "onnx",
      steps: 10,
      batch: 2,
      optimizer: { learningRate: 3e-3 },
      model: {
        base: smallBase,
        ...(pictures && { imageEncoder: join(dir, "image_encoder") }),
        ...model,
      },
      data: {
        shards: join(dir, "shards"),
        side: 64,
        maxInstances: 3,
        cache: join(dir, "features"),
      },
      augment: { views: 1 },
      recompute: false,
      ...own,
      ...more,
    }, "tiny.json"),
  };
}

async function prepared(dir: string): Promise<void> {
  await Deno.mkdir(join(dir, "shards"));
  await writeTinyShards(join(dir, "shards"), 1);
  await writeEncoder(dir, 32);
}

Deno.test("every rival trains ten steps, and its file makes another picture than the base", async (t) => {
  await withTempDir(async (dir) => {
    await prepared(dir);
    const scene = twoObjects(["a cat", "a dog"]);
    const imageEncoder = join(dir, "image_encoder");
    await using plain = await LocRef.load(smallBase, { backend: "onnx" });
    const before = await pixelsOf(twoObjects([]), plain);
    for (const rival of rivals.filter(({ short }) => !short)) {
      const { stage, kind, file, pictures } = rival;
      const name = `${kind}${pictures ? " with pictures" : ""}`;
      await t.step(name, async () => {
        const one = await config(dir, rival);
        const { finished, result } = await runStage(one.stage, one.config);
        assert(finished);
        const log = await readLog(one.config.out);
        assertEquals(log.length, 10);
        assert(log.every(({ gradient_norm }) => gradient_norm! > 0));
        const { adapter } = result as { adapter: string };
        assertEquals(adapter, join(one.config.out, `${file}.safetensors`));
        assertEquals((await openAdapter(adapter, {})).kind, kind);
        await using model = await LocRef.load(smallBase, {
          ...{ adapter, backend: "onnx" },
          ...(pictures && { imageEncoder }),
        });
        const after = await pixelsOf(scene, model);
        assert(after.some((value, i) => value !== before[i]), stage);
      });
    }
  });
});

Deno.test("a batch of every rival holds what its loss reads, the same each time", async () => {
  await withTempDir(async (dir) => {
    await prepared(dir);
    const { executor } = await openExecutor("onnx");
    for (const rival of rivals) {
      const one = await config(dir, rival);
      const opened = await one.stage.open(one.config, {
        ...{ executor, backend: "onnx", ranks: soloRank },
      });
      const batchOf = async () =>
        await opened.data.batch(
          (rival.stage === "migc" ? [0] : [0, 1]).map((index) => ({
            ...{ number: index, index, epoch: 0, random: random(index) },
          })),
        );
      const batch = await batchOf();
      assertEquals(
        Object.keys(batch).sort(),
        Object.keys(opened.program.inputs).sort(),
        rival.kind,
      );
      assertEquals(await batchOf(), batch);
      await opened.close?.();
    }
    await executor.dispose();
  });
});

Deno.test("a rival goes on from its own file", async () => {
  await withTempDir(async (dir) => {
    await prepared(dir);
    const { executor } = await openExecutor("onnx");
    const context = { executor, backend: "onnx", ranks: soloRank } as const;
    for (const rival of rivals) {
      const first = await config(dir, rival, { seed: 5 });
      const opened = await first.stage.open(first.config, context);
      await Deno.mkdir(first.config.out, { recursive: true });
      const { adapter } = await opened.finish!(opened.trainable) as {
        adapter: string;
      };
      await opened.close?.();
      const model = { ...first.config as object as { model: object } }.model;
      const next = await config(dir, rival, { model: { ...model, adapter } });
      const again = await next.stage.open(next.config, context);
      assertEquals([...again.trainable.keys()], [...opened.trainable.keys()]);
      for (const [name, { data }] of opened.trainable) {
        const found = again.trainable.get(name)!.data;
        // files hold half precision
        assert(
          data.every((value, i) =>
            Math.abs(value - found[i]!) <= 1e-3 * Math.max(1, Math.abs(value))
          ),
          `${rival.kind}: ${name}`,
        );
      }
      await again.close?.();
    }
    await executor.dispose();
  });
});

Deno.test("blocks that the UNet does not have are refused", async () => {
  await withTempDir(async (dir) => {
    await prepared(dir);
    const { executor } = await openExecutor("onnx");
    const { stage, config: found } = await config(dir, {
      ...{ stage: "migc", kind: "migc", file: "migc" },
      model: { blocks: ["up_block.1"] },
    });
    await assertRejects(
      () => stage.open(found, { executor, backend: "onnx", ranks: soloRank }),
      LocRefError,
      'did you mean "up_blocks.1"?',
    );
    await executor.dispose();
  });
});

Deno.test("an IP-Adapter's file keeps the strengths that it was trained with", async () => {
  await withTempDir(async (dir) => {
    await prepared(dir);
    const { executor } = await openExecutor("onnx");
    const rival = rivals.find(({ stage }) => stage === "ip-adapter")!;
    const { stage, config: found } = await config(dir, rival, {
      strength: { composite: 0.25 },
    });
    const opened = await stage.open(found, {
      ...{ executor, backend: "onnx", ranks: soloRank },
    });
    await Deno.mkdir(found.out, { recursive: true });
    const { adapter } = await opened.finish!(opened.trainable) as {
      adapter: string;
    };
    await opened.close?.();
    await executor.dispose();
    const { settings } = await openLocRef(adapter);
    assertEquals([settings.lambdaCi, settings.lambdaRi], [0.25, 1]);
  });
});

Deno.test("the configs that come with the package are valid", async () => {
  for (const name of ["gligen", "migc", "ms-diffusion", "ip-adapter"]) {
    const file = new URL(
      `../../train/configs/${name}-sd15.json`,
      import.meta.url,
    );
    const { config } = await readConfig(fromFileUrl(file));
    assertEquals([config.batch, config.microBatch], [32, 1]);
  }
});
