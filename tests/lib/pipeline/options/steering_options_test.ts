import { assert, assertEquals, assertRejects } from "@std/assert";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import type { GenerateOptions } from "../../../../lib/model/generate_options.ts";

const root = new URL("../../../../", import.meta.url);
const one = scene(512, 512).caption("a backpack").place(
  new URL("examples/assets/backpack.png", root),
  box.xyxy(100, 100, 400, 400),
);

Deno.test("FreeU and perturbed-attention guidance change a picture, and replay from it", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const options = { model, seed: 3, steps: 2 };
  const plain = await one.generate(options);
  for (
    const more of [
      { freeu: true },
      { freeu: { b1: 1.2, s2: 0.5 } },
      { pag: { scale: 2, blocks: ["up_blocks.1"] }, deepEvery: 2 },
      { pag: { scale: 1, blocks: ["up_blocks"] }, guidance: 1, freeu: true },
    ] satisfies GenerateOptions[]
  ) {
    const other = await one.generate({ ...options, ...more });
    assert(
      other.data.some((value, i) => value !== plain.data[i]),
      `${JSON.stringify(more)} changes nothing`,
    );
    const saved = await scene.fromImage(await other.encode());
    const again = await saved.scene.generate({ ...saved.options, model });
    assertEquals(again.data, other.data);
  }
});

Deno.test("factors of 1, a scale of 0 and false leave a picture as it is", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const options = { model, steps: 2 };
  const plain = await one.generate(options);
  const off = await one.generate({ ...options, freeu: false, pag: 0 });
  assertEquals(off.data, plain.data);
});

Deno.test("values that are none of these options are refused before anything is loaded", async () => {
  const model = "no/such-model";
  for (
    const [options, type, text] of [
      [{ freeu: { b3: 1 } }, TypeError, 'Option "b3"'],
      [
        { freeu: { b1: -1 } },
        RangeError,
        "Option b1 of freeu of generate is -1",
      ],
      [{ freeu: 1.5 }, TypeError, "Option freeu of generate must be true"],
      [{ pag: -1 }, RangeError, "Option pag is -1"],
      [{ pag: { scale: -1 } }, RangeError, "scale of pag of generate is -1"],
      [{ pag: {} }, TypeError, 'lacks "scale"'],
      [{ pag: { scale: 3, block: ["mid"] } }, TypeError, '"blocks"?'],
      [{ pag: { scale: 3, blocks: [] } }, RangeError, "names of blocks"],
      [{ pag_scale: 3 }, TypeError, 'is called "pag" here'],
    ] as const
  ) {
    await assertRejects(
      () => one.generate({ model, ...options } as unknown as GenerateOptions),
      type,
      text,
    );
  }
});

Deno.test("blocks that a model does not have are refused before the first step", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  await assertRejects(
    () => one.generate({ model, pag: { scale: 3, blocks: ["up_block.1"] } }),
    RangeError,
    'did you mean "up_blocks',
  );
});
