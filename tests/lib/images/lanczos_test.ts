import { assert, assertEquals } from "@std/assert";
import { lanczosRaster } from "../../../lib/images/lanczos.ts";
import { blankRaster, type Raster } from "../../../lib/images/raster.ts";

// deno-fmt-ignore
const source = [152, 151, 157, 89, 168, 87, 171, 169, 96, 81, 138, 139, 102, 100, 168, 120, 97, 154, 110, 156, 93, 82, 130, 163, 101, 134, 135, 85, 85, 88, 83, 82, 95, 111, 164, 121, 164, 155, 139, 89, 125, 92, 95, 155, 106, 142, 165, 98, 146, 131, 103, 84, 150, 175, 115, 138, 89, 90, 138, 134, 151, 130, 94, 117, 168, 127, 87, 107, 129, 137, 132, 102, 121, 97, 165, 135, 143, 116, 121, 136, 107, 152, 103, 96, 169, 169, 164, 150, 85, 156];

/** `Image.resize(size, Image.LANCZOS)` of Pillow 13 on it, as 8 × 13 and as 3 × 4 pixels. */
// deno-fmt-ignore
const large = [165, 157, 162, 118, 162, 130, 89, 171, 83, 166, 179, 75, 168, 169, 98, 82, 141, 134, 82, 115, 169, 111, 103, 183, 157, 142, 167, 121, 153, 130, 93, 167, 83, 141, 167, 91, 143, 159, 119, 88, 141, 138, 86, 109, 153, 103, 91, 157, 141, 116, 170, 124, 137, 128, 102, 160, 86, 101, 148, 119, 103, 142, 153, 97, 139, 143, 91, 103, 125, 90, 77, 114, 112, 81, 156, 115, 117, 122, 109, 159, 97, 89, 140, 144, 87, 129, 170, 101, 134, 135, 93, 107, 96, 83, 86, 78, 86, 60, 119, 92, 108, 112, 111, 168, 115, 130, 156, 144, 123, 131, 146, 96, 127, 113, 88, 125, 91, 92, 127, 86, 83, 76, 92, 88, 114, 101, 117, 167, 124, 162, 169, 142, 148, 142, 126, 93, 125, 93, 85, 142, 96, 98, 161, 111, 106, 126, 91, 115, 131, 93, 134, 145, 116, 142, 162, 156, 126, 152, 139, 101, 133, 89, 90, 146, 100, 91, 162, 126, 138, 168, 100, 148, 149, 92, 143, 130, 108, 100, 144, 167, 89, 151, 156, 113, 139, 92, 102, 138, 107, 86, 140, 140, 156, 161, 96, 157, 155, 96, 133, 144, 116, 76, 134, 163, 76, 133, 145, 121, 134, 89, 114, 125, 119, 93, 118, 159, 156, 129, 90, 146, 151, 104, 116, 166, 129, 81, 126, 143, 92, 111, 119, 131, 130, 94, 128, 115, 135, 112, 98, 172, 148, 123, 99, 134, 147, 111, 112, 160, 123, 107, 113, 115, 126, 110, 109, 150, 145, 123, 144, 115, 152, 133, 82, 167, 140, 138, 113, 129, 146, 114, 119, 139, 109, 132, 103, 95, 154, 121, 112, 166, 164, 153, 156, 122, 163, 145, 75, 157, 134, 147, 121, 125, 144, 116, 123, 127, 101, 148, 99, 85, 170, 129, 115, 174, 176, 169, 160, 126, 167, 151, 73, 149];
// deno-fmt-ignore
const small = [124, 146, 128, 114, 158, 112, 93, 107, 145, 104, 118, 113, 120, 149, 136, 89, 129, 98, 140, 149, 104, 106, 139, 131, 107, 131, 120, 130, 141, 110, 132, 128, 114, 153, 114, 157];

function rasterOf(colours: readonly number[], width: number): Raster {
  const data = Uint8Array.from(
    { length: colours.length / 3 * 4 },
    (_, i) => i % 4 === 3 ? 255 : colours[3 * Math.floor(i / 4) + i % 4]!,
  );
  return { width, height: colours.length / 3 / width, data };
}

function assertNear(made: Raster, expected: Raster): void {
  assertEquals([made.width, made.height], [expected.width, expected.height]);
  made.data.forEach((value, i) => {
    const apart = Math.abs(value - expected.data[i]!);
    assert(apart <= 1, `value ${i} is ${value}, not ${expected.data[i]}`);
  });
}

Deno.test("an enlarged raster is Pillow's to one level", () => {
  const made = lanczosRaster(rasterOf(source, 5), { width: 8, height: 13 });
  assertNear(made, rasterOf(large, 8));
});

Deno.test("a raster made smaller is Pillow's to one level", () => {
  const made = lanczosRaster(rasterOf(source, 5), { width: 3, height: 4 });
  assertNear(made, rasterOf(small, 3));
});

Deno.test("colours of transparent pixels do not bleed", () => {
  const raster = blankRaster(4, 4, [0, 255, 0, 0]);
  for (let x = 0; x < 2; x++) raster.data.set([200, 10, 30, 255], 4 * x + 16);
  const { data } = lanczosRaster(raster, { width: 9, height: 9 });
  let seen = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]! < 8) continue;
    seen++;
    assert(data[i + 1]! < 40, `green is ${data[i + 1]}`);
  }
  assert(seen > 4);
});
