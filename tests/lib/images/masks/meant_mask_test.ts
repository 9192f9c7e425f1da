import { assertEquals } from "@std/assert";
import { decodeMask } from "../../../../lib/images/masks/decode_mask.ts";
import { loadSharp } from "../../../../lib/images/load_sharp.ts";
import { meantMask } from "../../../../lib/images/masks/meant_mask.ts";
import type { Raster } from "../../../../lib/images/raster.ts";

type Colour = readonly [number, number, number, number?];

/** One row of pixels. */
function row(colours: readonly Colour[]): Raster {
  const data = Uint8Array.from(
    colours.flatMap(([r, g, b, a = 255]) => [r, g, b, a]),
  );
  return { width: colours.length, height: 1, data };
}

function meant(colours: readonly Colour[], palette = false): number[] {
  const { raster } = meantMask(row(colours), { palette });
  return [...raster.data].filter((_, i) => i % 4 === 0);
}

const black: Colour = [0, 0, 0];

Deno.test("a mask of 0 and 1 is black and white", () => {
  assertEquals(meant([black, [1, 1, 1]]), [0, 255]);
});

Deno.test("a soft mask, and one that is black, stay as they are", () => {
  assertEquals(meant([black, [1, 1, 1], [2, 2, 2]]), [0, 1, 2]);
  assertEquals(meant([black, [128, 128, 128]]), [0, 128]);
  assertEquals(meant([black, black]), [0, 0]);
  assertEquals(meant([[1, 1, 1]]), [1]);
});

Deno.test("colours are classes, and each of them is the object", () => {
  assertEquals(meant([black, [128, 0, 0]], true), [0, 255]);
  assertEquals(meant([black, [0, 0, 1]]), [0, 255]);
  const classes = meantMask(row([black, [128, 0, 0], [0, 128, 0]]));
  assertEquals(classes.classes, 2);
  assertEquals(meant([black, [128, 0, 0], [0, 128, 0]]), [0, 255, 255]);
});

Deno.test("of two colours without black the lighter is the object", () => {
  assertEquals(meant([[68, 1, 84], [253, 231, 37]]), [0, 255]);
});

Deno.test("colours of a photograph stay as they are", () => {
  const many = Array.from(
    { length: 300 },
    (_, i): Colour => [i % 256, i >> 4, 0],
  );
  assertEquals(meant(many), many.map(([red]) => red));
});

Deno.test("alpha of 0 and 1 is none and all", () => {
  const { raster } = meantMask(row([[9, 9, 9, 0], [9, 9, 9, 1]]));
  assertEquals([raster.data[3], raster.data[7]], [0, 255]);
});

Deno.test("masks of 16 bits that hold small numbers are read as those", async () => {
  const sharp = await loadSharp();
  for (const most of [1, 255, 65535]) {
    const values = Uint16Array.from({ length: 64 }, (_, i) => i % 2 * most);
    const png = await sharp(values, {
      raw: { width: 8, height: 8, channels: 1 },
    }).toColourspace("grey16").png().toBuffer();
    const { raster } = await decodeMask(new Uint8Array(png));
    assertEquals([raster.data[0], raster.data[4]], [0, 255], String(most));
  }
});
