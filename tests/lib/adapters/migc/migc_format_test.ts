import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { migcFile } from "../../../../lib/adapters/migc/migc_weights.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { pixelsOf, twoObjects } from "../random_adapter.ts";
import { smallBase, smallLocref } from "../small_base.ts";
import { migcFileIn, migcPaths } from "../rival_files.ts";

for (const plus of [false, true]) {
  Deno.test(`MIGC${plus ? "++" : ""} places captions, alike in every run, and states its licence`, async () => {
    await inTempDir(async (dir) => {
      const adapter = await migcFileIn(dir, plus);
      await using model = await LocRef.load(smallBase, {
        ...{ adapter, backend: "onnx" },
      });
      assert(
        model.warnings.some((one) => one.includes("non-commercial research")),
      );
      const one = await pixelsOf(twoObjects(["a cat", "a dog"]), model);
      assertEquals(
        await pixelsOf(twoObjects(["a cat", "a dog"]), model),
        one,
      );
      const other = await pixelsOf(twoObjects(["a dog", "a cat"]), model);
      assert(other.some((value, i) => value !== one[i]));
      // one instance makes two captions, as many as a guided batch has rows
      for (const options of [{ guidance: 1 }, { guidanceInterval: [0.5, 1] }]) {
        const pixels = await pixelsOf(twoObjects(["a cat"]), model, options);
        assert(pixels.some((value) => value !== pixels[0]));
      }
    });
  });
}

Deno.test("settings of MIGC say in which steps its layers act and how strongly", async () => {
  await inTempDir(async (dir) => {
    await using model = await LocRef.load(smallBase, {
      ...{ adapter: await migcFileIn(dir), backend: "onnx" },
    });
    const pixels = async (migc: object) =>
      (await pixelsOf(twoObjects(["a cat", "a dog"]), model, {
        ...{ steps: 3, methods: { migc } },
      })).join();
    const made = [
      await pixels({}),
      await pixels({ steps: 0 }),
      await pixels({ steps: 3 }),
      await pixels({ steps: 0, fuserSteps: 3 }),
      await pixels({ caption: 0.5 }),
      await pixels({ enhancement: 0 }),
      await pixels({ score: 3 }),
    ];
    assertEquals(new Set(made).size, made.length);
    // half of three steps, the last of them included
    assertEquals(await pixels({ steps: 1 }), made[0]);
  });
});

Deno.test("MIGC and LocRef both change cross-attention, so that they are refused together", async () => {
  await inTempDir(async (dir) => {
    const migc = await migcFileIn(dir);
    const imageEncoder = fromFileUrl(
      new URL("../../../goldens/clip-vision-gelu", import.meta.url),
    );
    const error = await assertRejects(
      () =>
        LocRef.load(smallBase, {
          ...{ adapter: [smallLocref, migc], imageEncoder, backend: "onnx" },
        }),
      LocRefError,
      "cannot act together",
    );
    assert(error.message.includes(migc) && error.message.includes(smallLocref));
  });
});

Deno.test("layers of MIGC's own checkpoint and of its conversions have one kind of name", () => {
  const one = { shape: [1], data: Float32Array.of(0) };
  const names = (source: string) =>
    migcFile(memoryWeights(new Map([[source, one]]))).weights.names();
  const end = "transformer_blocks.0.attn2";
  assertEquals(names(`output_blocks.4.1.${end}.migc.norm.weight`), [
    `up_blocks.1.attentions.1.${end}.migc.norm.weight`,
  ]);
  assertEquals(names(`state_dict.middle_block.1.${end}.migc.norm.weight`), [
    `mid_block.attentions.0.${end}.migc.norm.weight`,
  ]);
  assertEquals(names(`${migcPaths[1]}.processor.migc.norm.weight`), [
    `${migcPaths[1]}.migc.norm.weight`,
  ]);
});
