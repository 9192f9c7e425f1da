import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { migcGraph } from "../../../../lib/adapters/migc/migc_graph.ts";
import { migcFile } from "../../../../lib/adapters/migc/migc_weights.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  shapesOf,
  tinyBase,
  twoObjects,
  writeRandom,
} from "../random_adapter.ts";

const paths = [
  "mid_block.attentions.0.transformer_blocks.0.attn2",
  "up_blocks.1.attentions.0.transformer_blocks.0.attn2",
];

async function file(path: string, plus: boolean): Promise<string> {
  const graph = migcGraph(
    { textWidth: 32, plus, paths, fuser: plus },
    memoryWeights(new Map()),
  );
  const shapes = await shapesOf(graph);
  if (plus) { for (const one of paths) shapes.set(`${one}.migc.gamma`, [1]); }
  return await writeRandom(path, shapes);
}

for (const plus of [false, true]) {
  Deno.test(`MIGC${plus ? "++" : ""} places captions, alike in every run, and states its licence`, async () => {
    await inTempDir(async (dir) => {
      const adapter = await file(join(dir, "migc.safetensors"), plus);
      await using model = await LocRef.load(tinyBase, {
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

Deno.test("MIGC and LocRef both change cross-attention, so that they are refused together", async () => {
  await inTempDir(async (dir) => {
    const migc = await file(join(dir, "migc.safetensors"), false);
    const locref = fromFileUrl(
      new URL(
        "../../../goldens/locref/locref-tiny.safetensors",
        import.meta.url,
      ),
    );
    const imageEncoder = fromFileUrl(
      new URL("../../../goldens/clip-vision-gelu", import.meta.url),
    );
    const error = await assertRejects(
      () =>
        LocRef.load(tinyBase, {
          ...{ adapter: [locref, migc], imageEncoder, backend: "onnx" },
        }),
      LocRefError,
      "cannot act together",
    );
    assert(error.message.includes(migc) && error.message.includes(locref));
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
  assertEquals(names(`${paths[1]}.processor.migc.norm.weight`), [
    `${paths[1]}.migc.norm.weight`,
  ]);
});
