import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  msGraph,
  msKeyValueProgram,
} from "../../../../lib/adapters/ms_diffusion/ms_graph.ts";
import { msResamplerProgram } from "../../../../lib/adapters/ms_diffusion/ms_resampler.ts";
import { openBase } from "../../../../lib/bases/bases.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  shapesOf,
  tinyBase,
  twoObjects,
  writeEncoder,
  writeRandom,
} from "../random_adapter.ts";

async function file(path: string, inputWidth: number): Promise<string> {
  const shapes = await shapesOf(msGraph, [
    msKeyValueProgram(await openBase(tinyBase)),
    msResamplerProgram({
      ...{ inputWidth, innerWidth: 64, attentionWidth: 64, layers: 2 },
      ...{ feedForwardWidth: 128, phraseWidth: 32, width: 32, tokens: 4 },
    }),
  ]);
  shapes.set("dummy_image_tokens", [1, 4, 32]);
  return await writeRandom(path, shapes);
}

Deno.test("MS-Diffusion places pictures with and without captions, between start and end", async () => {
  await inTempDir(async (dir) => {
    const adapter = await file(join(dir, "ms.safetensors"), 64);
    const imageEncoder = await writeEncoder(dir, 40);
    await using model = await LocRef.load(tinyBase, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const one = await pixelsOf(twoObjects(["a cat", undefined]), model);
    assertEquals(
      await pixelsOf(twoObjects(["a cat", undefined]), model),
      one,
    );
    const other = await pixelsOf(twoObjects([undefined, "a dog"]), model);
    assert(other.some((value, i) => value !== one[i]));
    const late = twoObjects(["a cat", undefined])
      .change(0, { start: 0.5 }).change(1, { end: 0.5 });
    assert((await pixelsOf(late, model)).some((value, i) => value !== one[i]));
  });
});

Deno.test("MS-Diffusion is refused with another image encoder than its own", async () => {
  await inTempDir(async (dir) => {
    const adapter = await file(join(dir, "ms.safetensors"), 48);
    const imageEncoder = await writeEncoder(dir, 40);
    await assertRejects(
      () => LocRef.load(tinyBase, { adapter, imageEncoder, backend: "onnx" }),
      LocRefError,
      "features of width 48, but the image encoder gives 64",
    );
  });
});
