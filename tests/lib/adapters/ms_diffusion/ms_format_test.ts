import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { pixelsOf, twoObjects, writeEncoder } from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";
import { msFileIn } from "../rival_files.ts";

const tinyXl = fromFileUrl(
  new URL("../../../goldens/sdxl-tiny", import.meta.url),
);

Deno.test("MS-Diffusion places pictures with and without captions, between start and end", async () => {
  await inTempDir(async (dir) => {
    const adapter = await msFileIn(dir, { inputWidth: 64 });
    const imageEncoder = await writeEncoder(dir, 40);
    await using model = await LocRef.load(smallBase, {
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
    for (const settings of [{ dummyTokens: true }, { scale: 0.3 }]) {
      const pixels = await pixelsOf(twoObjects(["a cat", undefined]), model, {
        methods: { "ms-diffusion": settings },
      });
      assert(pixels.some((value, i) => value !== one[i]));
    }
  });
});

Deno.test("MS-Diffusion is refused with another image encoder than its own", async () => {
  await inTempDir(async (dir) => {
    const adapter = await msFileIn(dir, { inputWidth: 48 });
    const imageEncoder = await writeEncoder(dir, 40);
    await assertRejects(
      () => LocRef.load(smallBase, { adapter, imageEncoder, backend: "onnx" }),
      LocRefError,
      "features of width 48, but the image encoder gives 64",
    );
  });
});

Deno.test("MS-Diffusion runs on Stable Diffusion XL, whose first text encoder reads the phrases", async () => {
  await inTempDir(async (dir) => {
    const adapter = await msFileIn(dir, {
      ...{ inputWidth: 64, base: tinyXl },
      phraseWidth: await phraseWidth(),
    });
    const imageEncoder = await writeEncoder(dir, 40);
    await using model = await LocRef.load(tinyXl, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const pixels = async (caption: string, settings: object = {}) =>
      (await pixelsOf(twoObjects([caption, undefined]), model, {
        methods: { "ms-diffusion": settings },
      })).join();
    const made = [
      await pixels("a cat"),
      await pixels("a dog"),
      await pixels("a cat", { dummyTokens: true }),
      await pixels("a cat", { scale: 0.2 }),
    ];
    assertEquals(new Set(made).size, made.length);
    assertEquals(await pixels("a cat"), made[0]);
  });
});

/** Width of the first text encoder. */
async function phraseWidth(): Promise<number> {
  const file = join(tinyXl, "text_encoder", "config.json");
  return JSON.parse(await Deno.readTextFile(file)).hidden_size;
}
