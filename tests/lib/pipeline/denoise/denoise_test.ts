import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import type { Picture } from "../../../../lib/pipeline/picture.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { openStableDiffusion } from "../../../../tools/open_stable_diffusion.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { randomInputs } from "../../../../bench/random_inputs.ts";

const root = fromFileUrl(new URL("../../../../", import.meta.url));
const reference = `${root}examples/assets/backpack.png`;
const one = scene(512, 512).caption("a backpack").place(
  reference,
  box.xyxy(100, 100, 400, 400),
);

function meanDifference(a: Picture, b: Picture): number {
  const [x, y] = [a.data, b.data];
  return x.reduce((sum, value, i) => sum + Math.abs(value - y[i]!), 0) /
    x.length;
}

Deno.test("outermost layers on deep features of the same step give the whole UNet's prediction", async () => {
  const { executor } = await openExecutor("onnx");
  try {
    const { unet } = await openStableDiffusion(`${root}models/pocket`);
    const size = { height: 16, width: 24 };
    const programs = (["keep", "reuse"] as const).map((deep) =>
      unetProgram(unet.config, { size, deep })
    );
    const [whole, outer] = await Promise.all(
      programs.map((program) => executor.compile(program, unet.weights)),
    );
    const inputs = randomInputs(
      unetProgram(unet.config, { size }),
      { batch: 2, text_tokens: 7 },
    );
    const kept = await whole!.run(inputs);
    const again = await outer!.run({ ...inputs, deep: kept.deep! });
    assertEquals(again.prediction, kept.prediction);
    const zero = tensor(
      kept.deep!.shape,
      new Float32Array(kept.deep!.data.length),
    );
    const other = await outer!.run({ ...inputs, deep: zero });
    assert(other.prediction!.data[0] !== kept.prediction!.data[0]);
  } finally {
    await executor.dispose();
  }
});

Deno.test("fast modes are close to the plain run, differ from it, and replay from the picture", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const options = { model, seed: 3, steps: 12 };
  const plain = await one.generate(options);
  for (
    const mode of [
      { deepEvery: 2 },
      { guidanceInterval: [0.25, 0.75] as const },
      { deepEvery: 3, guidanceInterval: [0, 0.5] as const },
    ]
  ) {
    const fast = await one.generate({ ...options, ...mode });
    const difference = meanDifference(plain, fast);
    assert(
      difference > 0 && difference < 20,
      `${JSON.stringify(mode)} differs by ${difference} of 255`,
    );
    const saved = await scene.fromImage(await fast.encode());
    const again = await saved.scene.generate({ ...saved.options, model });
    assertEquals(again.data, fast.data);
  }
});

Deno.test("fast modes that are spelled out as plain change nothing", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const options = { model, steps: 3 };
  const plain = await one.generate(options);
  const spelled = await one.generate({
    ...options,
    deepEvery: 1,
    guidanceInterval: [0, 1],
  });
  assertEquals(spelled.data, plain.data);
});

Deno.test("fast modes out of range are refused before anything is loaded", async () => {
  const model = "no/such-model";
  await assertRejects(
    () => one.generate({ model, deepEvery: 0 }),
    RangeError,
    "Option deepEvery is 0: it must be a whole number from 1 to 1000",
  );
  await assertRejects(
    () => one.generate({ model, deepEvery: 2, trace: true }),
    RangeError,
    "a trace needs every layer",
  );
  await assertRejects(
    () => one.generate({ model, guidanceInterval: [0.8, 0.2] }),
    RangeError,
    "Guidance interval is [0.8, 0.2]",
  );
});
