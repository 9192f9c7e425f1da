/** A whole CLIP beside transformers: `tests/data/clip_model/expected.py` wrote model and numbers. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Buffer } from "node:buffer";
import { openPictureEncoder } from "../../../../lib/scoring/encoders/open_encoder.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";

const folder = fromFileUrl(
  new URL("../../../data/clip_model/", import.meta.url),
);
const expected = JSON.parse(
  await Deno.readTextFile(join(folder, "expected.json")),
);

function picture() {
  const source = Buffer.from(expected.picture, "base64");
  const raster = blankRaster(28, 28, [0, 0, 0, 255]);
  for (let i = 0; i < 28 * 28; i++) {
    raster.data.set(source.subarray(3 * i, 3 * i + 3), 4 * i);
  }
  return raster;
}

function assertNear(found: Float32Array, wanted: readonly number[]): void {
  assertEquals(found.length, wanted.length);
  for (const [i, value] of wanted.entries()) {
    assertAlmostEquals(found[i]!, value, 2e-5);
  }
}

Deno.test("a CLIPModel's vectors of pictures and captions are transformers'", async () => {
  const encoder = await openPictureEncoder(folder, { backend: "onnx" });
  const [image] = await encoder.embed([picture()]);
  assertNear(image!, expected.image);
  const captions = Object.keys(expected.captions);
  const vectors = await encoder.embedText!(captions);
  await encoder.dispose();
  for (const [i, caption] of captions.entries()) {
    assertNear(vectors[i]!, expected.captions[caption]);
  }
});

Deno.test("an encoder without a text tower reads no captions", async () => {
  const encoder = await openPictureEncoder("pocket", { backend: "onnx" });
  assertEquals(encoder.embedText, undefined);
  await encoder.dispose();
});
