/** DINO and DINOv2 beside transformers: `tests/data/vit/expected.py` wrote models and numbers. */

import { assert, assertAlmostEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Buffer } from "node:buffer";
import { openPictureEncoder } from "../../../../lib/scoring/encoders/open_encoder.ts";
import { unit } from "../../../../lib/scoring/encoders/unit.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";

const data = fromFileUrl(new URL("../../../data/vit/", import.meta.url));
const expected = JSON.parse(
  await Deno.readTextFile(join(data, "expected.json")),
);

function picture() {
  const source = Buffer.from(expected.picture, "base64");
  const raster = blankRaster(28, 28, [0, 0, 0, 255]);
  for (let i = 0; i < 28 * 28; i++) {
    raster.data.set(source.subarray(3 * i, 3 * i + 3), 4 * i);
  }
  return raster;
}

for (const name of ["dino", "dinov2"]) {
  Deno.test(`${name}'s vector of a picture is the direction of transformers' class token`, async () => {
    const encoder = await openPictureEncoder(join(data, name), {
      backend: "onnx",
    });
    const [one, same] = await encoder.embed([picture(), picture()]);
    await encoder.dispose();
    const wanted = unit(Float32Array.from(expected[name]));
    for (const [i, value] of wanted.entries()) {
      assertAlmostEquals(one![i]!, value, 2e-5);
      assertAlmostEquals(same![i]!, value, 2e-5);
    }
  });
}

Deno.test("a DINOv2 with gated layers is refused by name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const file of ["config.json", "model.safetensors"]) {
      await Deno.copyFile(join(data, "dinov2", file), join(folder, file));
    }
    const path = join(folder, "config.json");
    const config = JSON.parse(await Deno.readTextFile(path));
    const gated = { ...config, use_swiglu_ffn: true };
    await Deno.writeTextFile(path, JSON.stringify(gated));
    const error = await assertRejects(
      () => openPictureEncoder(folder, { backend: "onnx" }),
      LocRefError,
    );
    assert(error.message.includes("gated feed-forward"), error.message);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
