import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { decodeImage, decodePicture } from "../../../lib/images/decode.ts";
import { loadSharp } from "../../../lib/images/load_sharp.ts";
import { turnUpright } from "../../../lib/images/turn.ts";

const sharp = await loadSharp();
const raw = Uint8Array.from(
  { length: 6 * 4 * 4 },
  (_, i) => i % 4 === 3 ? 255 : (i * 37) % 251,
);
const size = { width: 6, height: 4 };

/** A flat picture of one colour. */
function flat(width: number, height: number) {
  return sharp({
    create: {
      width,
      height,
      channels: 3,
      background: { r: 200, g: 40, b: 20 },
    },
    limitInputPixels: false,
  });
}

async function refuses(bytes: Uint8Array, message: string): Promise<void> {
  const error = await assertRejects(
    () => decodeImage(bytes, { name: "Picture" }),
    LocRefError,
  );
  assertEquals([error.code, error.message], ["image-invalid", message]);
}

Deno.test("every EXIF orientation is turned as sharp turns it", async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const png = await sharp(raw, { raw: { ...size, channels: 4 } })
      .withMetadata({ orientation }).png().toBuffer();
    const picture = await decodePicture(new Uint8Array(png));
    const turned = await turnUpright({ ...size, data: raw }, orientation);
    assertEquals(turned, picture.raster);
    assertEquals([picture.orientation, picture.stored], [orientation, size]);
  }
});

Deno.test("a picture wider or larger than allowed is refused by its head", async () => {
  const wide = new Uint8Array(await flat(16385, 1).png().toBuffer());
  const start = performance.now();
  await refuses(
    wide,
    "Picture: 16385 × 1 pixels are too many, at most 16384 a side are allowed",
  );
  assert(performance.now() - start < 5_000);
  const allowed = await decodeImage(wide, { limits: { side: 20000 } });
  assertEquals(allowed.width, 16385);
});

Deno.test("a very large picture is shrunk while it is decoded, upright", async () => {
  const large = await flat(6000, 3000).withMetadata({ orientation: 6 })
    .jpeg({ quality: 90 }).toBuffer();
  const { raster, stored } = await decodePicture(new Uint8Array(large), {
    shrink: true,
  });
  assertEquals(stored, { width: 6000, height: 3000 });
  assertEquals([raster.width, raster.height], [1024, 2048]);
  assert(Math.abs(raster.data[0]! - 200) < 4);
});

Deno.test("a picture of ordinary size keeps its pixels", async () => {
  const png = new Uint8Array(await flat(4000, 3000).png().toBuffer());
  const picture = await decodeImage(png, { shrink: true });
  assertEquals([picture.width, picture.height], [4000, 3000]);
});

Deno.test("pictures of 16 bits and of CMYK become sRGB of 8 bits", async () => {
  const deep = await flat(2, 2).toColourspace("rgb16").png().toBuffer();
  assertEquals((await sharp(deep).metadata()).depth, "ushort");
  const cmyk = await flat(16, 16).toColourspace("cmyk").jpeg({ quality: 100 })
    .toBuffer();
  assertEquals((await sharp(cmyk).metadata()).space, "cmyk");
  for (const bytes of [deep, cmyk]) {
    const { data } = await decodeImage(new Uint8Array(bytes));
    assert(Math.abs(data[0]! - 200) < 30, String(data.slice(0, 4)));
    assert(Math.abs(data[1]! - 40) < 30, String(data.slice(0, 4)));
    assertEquals(data[3], 255);
  }
});

Deno.test("the first picture of an animation is read, and all are counted", async () => {
  const frames = new Uint8Array(2 * 4 * 4 * 3).fill(255, 4 * 4 * 3);
  const gif = await sharp(frames, {
    raw: { width: 4, height: 8, channels: 3, pageHeight: 4 },
  }).gif({ delay: [10, 10] }).toBuffer();
  const { raster, pages } = await decodePicture(new Uint8Array(gif));
  assertEquals([raster.height, raster.data[0], pages], [4, 0, 2]);
});

Deno.test("what is no picture is called by its kind", async () => {
  const text = (content: string) => new TextEncoder().encode(content);
  const read = "is not read, only PNG, JPEG, WebP and AVIF";
  await refuses(text("<!doctype html><p>"), `Picture: an HTML page ${read}`);
  await refuses(
    text("version https://git-lfs.github.com/spec/v1\n"),
    `Picture: a Git LFS pointer ${read}`,
  );
  await refuses(text("%PDF-1.7"), `Picture: PDF ${read}`);
  await refuses(
    text("\0\0\0\x18ftypheic\0\0\0\0mif1"),
    `Picture: HEIC ${read}`,
  );
  await refuses(
    text("hello"),
    "Picture: no picture that can be decoded (PNG, JPEG, WebP, AVIF)",
  );
});

Deno.test("a truncated picture of each format is called damaged, not read in part", async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => i * i % 253);
  const source = () =>
    sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  for (
    const format of ["png", "jpeg", "webp", "avif", "gif", "tiff"] as const
  ) {
    const whole = new Uint8Array(await source().toFormat(format).toBuffer());
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    const error = await assertRejects(
      () => decodeImage(cut, { name: format }),
      LocRefError,
    );
    assertEquals(error.code, "image-invalid");
    assert(error.message.startsWith(`${format}: `), error.message);
  }
});
