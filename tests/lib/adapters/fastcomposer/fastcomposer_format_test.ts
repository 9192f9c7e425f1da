import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { fastComposerGraph } from "../../../../lib/adapters/fastcomposer/fastcomposer_graph.ts";
import { phraseEnds } from "../../../../lib/adapters/fastcomposer/phrase_ends.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  shapesOf,
  tinyBase,
  twoObjects,
  writeEncoder,
  writeRandom,
} from "../random_adapter.ts";

async function file(path: string): Promise<string> {
  const norm = { shape: [32], data: new Float32Array(32) };
  const graph = fastComposerGraph(
    memoryWeights(new Map([["postfuse_module.layer_norm.weight", norm]])),
  );
  return await writeRandom(path, await shapesOf(graph));
}

Deno.test("FastComposer puts pictures into the words that name them", async () => {
  await inTempDir(async (dir) => {
    const adapter = await file(join(dir, "fastcomposer.safetensors"));
    const imageEncoder = await writeEncoder(dir, 32);
    await using model = await LocRef.load(tinyBase, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const one = await pixelsOf(twoObjects(["cat", "dog"]), model);
    assertEquals(await pixelsOf(twoObjects(["cat", "dog"]), model), one);
    const fewer = await pixelsOf(twoObjects(["cat"]), model);
    assert(fewer.some((value, i) => value !== one[i]));
    await assertRejects(
      () => pixelsOf(twoObjects(["cat", "horse"]), model),
      LocRefError,
      "Instance 2",
    );
  });
});

Deno.test("equal phrases take one occurrence after the other", () => {
  const [start, end] = [98, 99];
  const caption = [start, 1, 2, 3, 1, 2, end];
  const phrase = [start, 1, 2, end];
  assertEquals(
    phraseEnds(caption, [phrase, phrase, phrase, [start, 3, end]]),
    [2, 5, undefined, 3],
  );
});
