import { assert, assertEquals, assertRejects } from "@std/assert";
import { cp } from "node:fs/promises";
import { join } from "@std/path";
import { LocRef } from "../../../lib/model/locref.ts";
import { keptModel, releaseKept } from "../../../lib/model/kept_models.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { sweep } from "../../../lib/scene/sweep.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const backend = "onnx";

Deno.test("a model by name is loaded once for several runs", async () => {
  await using first = await keptModel("pocket", { backend });
  await using second = await keptModel("pocket", { backend });
  assert(first.model === second.model);
  await releaseKept();
});

Deno.test("runs at once share one load", async () => {
  const uses = await Promise.all(
    [1, 2, 3].map(() => keptModel("pocket", { backend })),
  );
  assertEquals(new Set(uses.map(({ model }) => model)).size, 1);
  for (const use of uses) await use[Symbol.asyncDispose]();
  await releaseKept();
});

Deno.test("LocRef.release frees the model, and the next run loads anew", async () => {
  const first = await keptModel("pocket", { backend });
  await first[Symbol.asyncDispose]();
  await LocRef.release();
  await assertRejects(
    () => Promise.try(() => first.model.runners.open()),
    Error,
    "disposed",
  );
  await using second = await keptModel("pocket", { backend });
  assert(first.model !== second.model);
  await LocRef.release();
});

Deno.test("a model that is in use is freed when its run ends", async () => {
  const use = await keptModel("pocket", { backend });
  await LocRef.release();
  await use.model.runners.open().close();
  await use[Symbol.asyncDispose]();
  await assertRejects(
    () => Promise.try(() => use.model.runners.open()),
    Error,
    "disposed",
  );
});

Deno.test("another backend takes the place of the kept model", async () => {
  const first = await keptModel("pocket", { backend });
  await first[Symbol.asyncDispose]();
  await using second = await keptModel("pocket", { backend: "wasm" });
  assertEquals(second.model.backend.name, "wasm");
  await assertRejects(
    () => Promise.try(() => first.model.runners.open()),
    Error,
    "disposed",
  );
  await releaseKept();
});

Deno.test("a folder whose files have changed is loaded anew", async () => {
  await inTempDir(async (folder) => {
    const model = join(folder, "model");
    await cp("models/pocket", model, { recursive: true });
    const first = await keptModel(model, { backend });
    await first[Symbol.asyncDispose]();
    const config = join(model, "model_index.json");
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(
      config,
      text.replace(/"steps": \d+/, '"steps": 7'),
    );
    await using second = await keptModel(model, { backend });
    assertEquals(second.model.defaults.steps, 7);
    await releaseKept();
  });
});

Deno.test("a run that was stopped while it loaded takes no load from another", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const stopped = assertRejects(
    () => keptModel("pocket", { backend, signal }),
    Error,
    "stop",
  );
  const other = keptModel("pocket", { backend });
  controller.abort(new Error("stop"));
  await stopped;
  await using use = await other;
  assertEquals(use.model.name, "pocket");
  await releaseKept();
});

Deno.test("a load that failed is not kept", async () => {
  for (let i = 0; i < 2; i++) {
    await assertRejects(() => keptModel("./no/where/at/all"), Error);
  }
});

Deno.test("generate, steps and sweep without a model load it once", async () => {
  const one = scene(32).caption("a star");
  const options = { steps: 1, backend } as const;
  await one.generate(options);
  await using kept = await keptModel("pocket", { backend });
  const open = kept.model.runners.open.bind(kept.model.runners);
  let runs = 0;
  kept.model.runners.open = () => {
    runs++;
    return open();
  };
  await one.steps(options).picture;
  const afterSteps = runs;
  assert(afterSteps > 0);
  for await (const _ of sweep(one, { ...options, seeds: [1, 2] }));
  assert(runs > 2 * afterSteps);
  const afterSweep = runs;
  await one.generate({ ...options, n: 2 });
  assert(runs > afterSweep + afterSteps);
  await releaseKept();
});
