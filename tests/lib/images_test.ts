import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { compositeImage, pixelBox } from "../../lib/images/composite.ts";
import { cutOut, maskFromRaster, opaque } from "../../lib/images/cut_out.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import {
  encodeImage,
  formatOfPath,
  toDataUrl,
} from "../../lib/images/encode.ts";
import { loadSharp } from "../../lib/images/load_sharp.ts";
import { pixelValues } from "../../lib/images/pixel_values.ts";
import { addPngText, readPngText } from "../../lib/images/png_text.ts";
import {
  blankRaster,
  planesFromRaster,
  type Raster,
  rasterFromPlanes,
} from "../../lib/images/raster.ts";
import { cropRaster, resizeRaster } from "../../lib/images/resize.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { withTempDir } from "../train/temp_dir.ts";

const goldens = new URL("../goldens/", import.meta.url);
const red = [255, 0, 0, 255] as const;
const blue = [0, 0, 255, 255] as const;

function pixel(raster: Raster, x: number, y: number): number[] {
  const i = (y * raster.width + x) * 4;
  return [...raster.data.subarray(i, i + 4)];
}

Deno.test("CLIP preprocessing agrees with the golden within 0.02 on average", async () => {
  const file = await openSafetensors(
    new URL("clip_preprocess.safetensors", goldens).pathname,
  );
  const expected = await file.read("pixel_values");
  const picture = await decodeImage(new URL("picture.png", goldens).pathname);
  const values = await pixelValues(picture, { height: 224, width: 224 }, {
    fit: "cover",
  });
  const error =
    values.reduce((sum, v, i) => sum + Math.abs(v - expected[i]!), 0) /
    values.length;
  assert(error < 0.02, `mean absolute error ${error}`);
});

Deno.test("every format that is written is read again", async () => {
  const raster = blankRaster(9, 5, [200, 100, 50, 255]);
  for (const format of ["png", "webp", "jpeg"] as const) {
    const again = await decodeImage(await encodeImage(raster, { format }));
    assertEquals([again.width, again.height], [9, 5]);
    pixel(again, 4, 2).forEach((v, i) =>
      assertAlmostEquals(v, pixel(raster, 4, 2)[i]!, 6)
    );
  }
  const avif = await (await loadSharp())(raster.data, {
    raw: { width: 9, height: 5, channels: 4 },
  }).avif().toBuffer();
  assertEquals((await decodeImage(avif)).width, 9);
});

Deno.test("PNG keeps every byte, alpha included, and the same picture gives the same file", async () => {
  const data = Uint8Array.from({ length: 7 * 3 * 4 }, (_, i) => i * 37 % 256);
  const raster = { width: 7, height: 3, data };
  const png = await encodeImage(raster);
  assertEquals([...(await decodeImage(png)).data], [...data]);
  assertEquals(await encodeImage(raster), png);
});

Deno.test("EXIF orientation is applied", async () => {
  const sharp = await loadSharp();
  const jpeg = await sharp({
    create: { width: 12, height: 4, channels: 3, background: "#f00" },
  }).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const raster = await decodeImage(jpeg);
  assertEquals([raster.width, raster.height], [4, 12]);
});

Deno.test("a data URL is a source like any other", async () => {
  const raster = await decodeImage(await toDataUrl(blankRaster(3, 2, red)));
  assertEquals(pixel(raster, 2, 1), [...red]);
});

Deno.test("a missing picture is named with who wants it", async () => {
  await assertRejects(
    () => decodeImage("nowhere/cat.jpg", { name: 'Instance 2 ("cat.jpg")' }),
    LocRefError,
    'Instance 2 ("cat.jpg"): no such file',
  );
});

Deno.test("what is no picture, of an unread format, damaged or too large is refused in one sentence", async () => {
  const text = new TextEncoder().encode("not a picture");
  await assertRejects(
    () => decodeImage(text),
    LocRefError,
    "no picture that can be decoded",
  );
  const svg = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>',
  );
  await assertRejects(() => decodeImage(svg), LocRefError, "svg is not read");
  const noise = Uint8Array.from(
    { length: 64 * 64 * 4 },
    (_, i) => (i * i * 31) % 251,
  );
  const png = await encodeImage({ width: 64, height: 64, data: noise });
  await assertRejects(
    () => decodeImage(png.subarray(0, png.length >> 1)),
    LocRefError,
    "damaged",
  );
  await assertRejects(
    () => decodeImage(png, { limits: { pixels: 1000 } }),
    LocRefError,
    "64 × 64 pixels are too many",
  );
  await assertRejects(
    () => decodeImage("https://a.example/b.png"),
    LocRefError,
    "download",
  );
});

Deno.test("composite draws later pictures over earlier ones, on black, by their alpha", async () => {
  const composite = await compositeImage({ width: 8, height: 4 }, [
    { raster: blankRaster(2, 2, red), box: { x0: 0, y0: 0, x1: 0.5, y1: 1 } },
    {
      raster: blankRaster(5, 5, blue),
      box: { x0: 0.25, y0: 0.5, x1: 0.75, y1: 1 },
    },
    { raster: blankRaster(3, 3), box: { x0: 0, y0: 0, x1: 1, y1: 1 } },
  ]);
  assertEquals(pixel(composite, 0, 0), [...red]);
  assertEquals(pixel(composite, 3, 3), [...blue]);
  assertEquals(pixel(composite, 7, 0), [0, 0, 0, 255]);
});

Deno.test("a box thinner than a pixel is drawn one pixel wide, also at the edge", () => {
  const size = { width: 10, height: 10 };
  assertEquals(pixelBox({ x0: 0.999, y0: 0.5, x1: 1, y1: 0.501 }, size), {
    x: 9,
    y: 5,
    width: 1,
    height: 1,
  });
});

Deno.test("fit contains between transparent bars, covers by cutting, or stretches", async () => {
  const wide = blankRaster(8, 4, red);
  const size = { width: 4, height: 4 };
  assertEquals(
    pixel(await resizeRaster(wide, size, { fit: "contain" }), 0, 0)[3],
    0,
  );
  assertEquals(pixel(await resizeRaster(wide, size, { fit: "cover" }), 0, 0), [
    ...red,
  ]);
  assertEquals(pixel(await resizeRaster(wide, size), 3, 3), [...red]);
});

Deno.test("a mask cuts the object out and comes from alpha where there is any", async () => {
  const mask = blankRaster(2, 1, [255, 255, 255, 255]);
  mask.data.set([0, 0, 0, 255], 0);
  const cut = await cutOut(blankRaster(2, 1, red), mask);
  assertEquals([pixel(cut, 0, 0)[3], pixel(cut, 1, 0)[3]], [0, 255]);
  assertEquals([...maskFromRaster(cut).data], [0, 1]);
  assertEquals(pixel(opaque(cut), 0, 0)[3], 255);
});

Deno.test("cropping beyond the edge leaves it transparent", () => {
  const part = cropRaster(blankRaster(3, 3, red), {
    x: -1,
    y: 2,
    width: 2,
    height: 2,
  });
  assertEquals([pixel(part, 0, 0), pixel(part, 1, 0), pixel(part, 1, 1)], [
    [0, 0, 0, 0],
    [...red],
    [0, 0, 0, 0],
  ]);
});

Deno.test("planes and rasters are the same picture", () => {
  const planes = Float32Array.from({ length: 12 }, (_, i) => i / 255);
  assertEquals([...planesFromRaster(rasterFromPlanes(planes, 2, 2))], [
    ...planes,
  ]);
  assertThrows(() => rasterFromPlanes(planes, 3, 3), RangeError, "27 values");
});

Deno.test("a text goes into a PNG and comes back, the picture unchanged", async () => {
  const png = await encodeImage(blankRaster(4, 4, blue));
  const text = JSON.stringify({ caption: "Ærøskøbing — 猫", seed: 7 });
  const signed = addPngText(png, "locref", text);
  assertEquals(readPngText(signed, "locref"), text);
  assertEquals(readPngText(signed, "other"), undefined);
  assertEquals(pixel(await decodeImage(signed), 1, 1), [...blue]);
  assertThrows(
    () => readPngText(signed.subarray(0, 60), "locref"),
    LocRefError,
  );
});

Deno.test("the format of a file follows from its name", () => {
  assertEquals(formatOfPath("a/b.JPG"), "jpeg");
  assertThrows(() => formatOfPath("b.gif"), RangeError, ".png");
});

Deno.test("a file is written whole or not at all", async () => {
  await withTempDir(async (folder) => {
    const path = join(folder, "deep", "a.txt");
    await writeFileAtomically(path, "one");
    await writeFileAtomically(path, "two");
    assertEquals(await Deno.readTextFile(path), "two");
    await assertRejects(() => writeFileAtomically(join(folder, "deep"), "x"));
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "deep",
    ]);
  });
});
