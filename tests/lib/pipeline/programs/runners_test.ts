import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openBase } from "../../../../lib/bases/bases.ts";
import type {
  Executor,
  Program,
  Runner,
  WeightSource,
} from "../../../../lib/ops/executor.ts";
import { bytesOf } from "../../../../lib/ops/list_weights.ts";
import { anySize } from "../../../../lib/pipeline/programs/runner_use.ts";
import { Runners } from "../../../../lib/pipeline/programs/runners.ts";
import {
  box,
  LocRef,
  LocRefError,
  type Scene,
  scene,
} from "../../../../mod.ts";

const assets = fromFileUrl(
  new URL("../../../../examples/assets", import.meta.url),
);

function star(width: number, height: number): Scene {
  return scene(width, height).caption("a star").place(
    join(assets, "star.png"),
    box.percent(10, 10, 90, 90),
  );
}

/** Runs of different sizes and forms of the programs. */
const runs = [
  { scene: star(64, 64), options: { seed: 0 } },
  { scene: star(64, 32), options: { seed: 1 } },
  { scene: star(32, 64).change(0, { caption: "a hat" }), options: { seed: 2 } },
  { scene: star(64, 64), options: { seed: 3, deepEvery: 2 } },
  { scene: star(128, 32), options: { seed: 4, guidance: 1 } },
  { scene: star(64, 32), options: { seed: 5, trace: true } },
  { scene: star(96, 64), options: { seed: 6, sampler: "euler" as const } },
];

Deno.test("runs beside each other on one model give the bytes of runs one by one", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const serial = [];
  for (const { scene, options } of runs) {
    serial.push(await scene.generate({ model, steps: 2, ...options }));
  }
  const parallel = await Promise.all(
    runs.map(({ scene, options }) =>
      scene.generate({ model, steps: 2, ...options })
    ),
  );
  for (const [i, picture] of parallel.entries()) {
    assertEquals(picture.data, serial[i]!.data, `run ${i}`);
  }
});

Deno.test("steps of two sizes take turns, previews between them", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const wide = star(64, 32).steps({ model, steps: 3 });
  const tall = star(32, 64).steps({ model, steps: 3 });
  for (let i = 1; i <= 3; i++) {
    for (const steps of [wide, tall]) {
      const { value } = await steps.next();
      if (!value || !("preview" in value)) throw new Error("no step");
      assertEquals(value.step, i);
      await value.preview();
    }
  }
  await Promise.all([wide.return(undefined!), tall.return(undefined!)]);
});

Deno.test("aborting one of several runs leaves the others alone", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const wanted = await star(64, 32).generate({ model, steps: 3 });
  const controller = new AbortController();
  const stopped = star(64, 64).steps({
    model,
    steps: 3,
    signal: controller.signal,
  });
  await stopped.next();
  const other = star(64, 32).generate({ model, steps: 3 });
  controller.abort(new Error("Enough"));
  await assertRejects(() => stopped.next(), Error, "Enough");
  assertEquals((await other).data, wanted.data);
});

Deno.test("a model that is disposed of during a run stops it in a sentence, and refuses new ones", async () => {
  const model = await LocRef.load("pocket", { backend: "onnx" });
  const steps = star(64, 64).steps({ model, steps: 3 });
  await steps.next();
  const running = star(64, 32).generate({ model, steps: 3 });
  const ended = assertRejects(() => running, LocRefError, "was disposed of");
  await model.dispose();
  await ended;
  for (
    const late of [
      () => steps.next(),
      () => star(64, 64).generate({ model, steps: 3 }),
    ]
  ) {
    const error = await assertRejects(
      late,
      LocRefError,
      'Model "pocket" was disposed of and cannot be used any more: load it again',
    );
    assertEquals(error.code, "disposed");
  }
  await model.dispose();
});

Deno.test("steps that nobody goes on with give their programs back", async () => {
  const { live, runners } = await countedRunners();
  const begin = async (width: number) => {
    const use = runners.open();
    await use.unet({ size: { width, height: 8 } });
  };
  for (let width = 8; width < 24; width++) await begin(width);
  assertEquals(live.size, 16);
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let i = 0; i < 100 && live.size > 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(live.size <= 4, `${live.size} programs are left`);
  await runners.dispose();
  assertEquals(live.size, 0);
});

/** The pocket model's programs on an executor that computes nothing, and those that are not freed. */
async function countedRunners(given: Pick<Executor, "ownMemory"> = {}) {
  const live = new Set<string>();
  const compile = (program: Program): Promise<Runner> => {
    live.add(program.name);
    const dispose = () => Promise.resolve(void live.delete(program.name));
    return Promise.resolve({ run: () => Promise.resolve({}), dispose });
  };
  const dispose = () => Promise.resolve();
  const executor: Executor = { name: "counting", compile, dispose, ...given };
  const base = await openBase(
    fromFileUrl(new URL("../../../../models/pocket", import.meta.url)),
  );
  return { live, base, runners: new Runners(executor, { base, adapters: [] }) };
}

Deno.test("a caption that was encoded before needs no encoder", async () => {
  const { live, runners } = await countedRunners();
  await encode(runners, 1);
  assert(live.has("text_encoder"));
  await runners.releaseEncoders(0, 0);
  assert(!live.has("text_encoder"));
  await encode(runners, 1);
  assert(!live.has("text_encoder"));
  await encode(runners, 2);
  assert(live.has("text_encoder"));
  await runners.dispose();
});

Deno.test("an encoder that is needed again stays while memory allows", async () => {
  const { live, runners } = await countedRunners();
  await encode(runners, 1);
  await runners.releaseEncoders(0, 2 ** 40);
  assert(!live.has("text_encoder"), "one picture needs it once");
  await encode(runners, 2);
  await runners.releaseEncoders(0, 2 ** 40);
  assert(live.has("text_encoder"));
  await runners.releaseEncoders(0, 4 * 2 ** 30);
  assert(!live.has("text_encoder"), "4 GiB are free, and no more");
  await runners.dispose();
});

Deno.test("keys and values of text count their own weights, not those of the UNet that they lie in", async () => {
  const { live, runners, base } = await countedRunners();
  const [own, whole] = ["text_key_value", "unet"].map((wanted) => {
    const { program } = base.programs(anySize)
      .find(({ name }) => name === wanted)!;
    return bytesOf(program());
  }) as [number, number];
  assert(own > 0 && own < whole / 10, `${own} of ${whole}`);
  const tokens = { shape: [1, 2, 128], data: new Float32Array(256) };
  {
    await using use = runners.open();
    await use.keyValues().run({ tokens });
  }
  await runners.releaseEncoders(own, 0);
  assert(live.has("text_key_value"));
  await runners.releaseEncoders(own - 1, 0);
  assert(!live.has("text_key_value"));
  await runners.dispose();
});

const large = 5 * 2 ** 30;

/** Weights that are never read. */
const weights = { names: () => ["w"] } as unknown as WeightSource;

/** A program of one weight. */
const sized = (name: string, size: number): Program => ({
  ...{ name, inputs: {}, outputs: {} },
  run(_, params) {
    params.get("w", [size]);
    return {};
  },
});

const largeNet = { program: sized("net", large / 4), weights, kind: "unet" };

Deno.test("a large denoiser is freed before a decoder that needs its memory, a used one is not", async () => {
  const { live, runners } = await countedRunners();
  const decoding = 3 * 2 ** 30, beside = 4 * 2 ** 30;
  const use = runners.open();
  await use.other(largeNet);
  await runners.releaseDenoisers(decoding, 0);
  assert(live.has("net"), "it is used");
  await use.close();
  await runners.releaseDenoisers(decoding, large + decoding + beside);
  assert(live.has("net"), "all fit into memory");
  await runners.releaseDenoisers(2 ** 30, 0);
  assert(live.has("net"), "such a decoder takes little");
  await runners.releaseDenoisers(decoding, large + decoding + beside - 1);
  assert(!live.has("net"), "a byte is missing");
  await runners.dispose();
});

Deno.test("a denoiser in memory of its device's own stays, whatever the machine has free", async () => {
  for (const ownMemory of [false, true]) {
    const { live, runners } = await countedRunners({ ownMemory });
    const use = runners.open();
    await use.other(largeNet);
    await use.close();
    await runners.releaseDenoisers(2 ** 40, 0);
    assertEquals(live.has("net"), ownMemory);
    await runners.dispose();
  }
});

Deno.test(
  "memory that is unknown counts as none: a large denoiser is freed before its decoder",
  {
    permissions: { read: true, sys: false },
  },
  async () => {
    const { live, runners } = await countedRunners();
    const use = runners.open();
    await use.other(largeNet);
    await use.close();
    await runners.releaseDenoisers(1);
    assert(live.has("net"), "such a decoder takes little");
    await runners.releaseDenoisers(2 ** 31);
    assert(!live.has("net"));
    await runners.dispose();
  },
);

Deno.test("programs of controls that a run does without are freed, and those in use are not", async () => {
  const { live, runners } = await countedRunners();
  const program = (name: string) => sized(name, 64);
  await using held = runners.open();
  await held.other({ program: program("net_control_1"), weights });
  {
    await using use = runners.open();
    for (const name of ["net_control_0", "net_control_11", "plain"]) {
      await use.other({ program: program(name), weights });
    }
  }
  await runners.releaseControls([11], 256, 0);
  assert(live.has("net_control_0"), "its weights take no more than 256 bytes");
  await runners.releaseControls([11], 0, 0);
  assertEquals([...live].sort(), ["net_control_1", "net_control_11", "plain"]);
});

async function encode(runners: Runners, id: number): Promise<void> {
  await using use = runners.open();
  const ids = { shape: [1, 2], data: Int32Array.of(1, id) };
  await use.textEncoder("text_encoder").run({ ids });
}
