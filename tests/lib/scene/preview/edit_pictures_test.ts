import { assert, assertEquals, assertRejects } from "@std/assert";
import { box, scene } from "../../../../mod.ts";
import { blankRaster, type Raster } from "../../../../lib/images/raster.ts";

const photo = blankRaster(96, 64, [40, 90, 160, 255]);
const one = scene().caption("a star")
  .place("examples/assets/star.png", box.percent(50, 0, 100, 50));

function pixel({ width, data }: Raster, x: number, y: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
}

Deno.test("a preview has the shape of the picture that the scene begins on", async () => {
  const wide = blankRaster(96, 48, [40, 90, 160, 255]);
  const { composite, masks } = await one.init(wide).preview();
  assertEquals([composite.width, composite.height], [512, 256]);
  const { width, height } = masks[0]!.size;
  assertEquals(width / height, 2);
});

Deno.test("the composite image of a scene on a photograph shows both", async () => {
  const { composite } = await one.on(photo).preview();
  assertEquals(pixel(composite, 20, 300), [40, 90, 160]);
  const star = pixel(composite, 384, 100);
  assert(star[0]! > 200 && star[2]! < 100, `${star}`);
});

Deno.test("where a part is painted alone, the preview shows what the model sees", async () => {
  const { composite, masks, edits } = await one
    .inpaint(photo, { instance: 0, padding: 2, feather: 0 }).preview();
  const [{ masks: [mask], size }] = [masks[0]!];
  const covered = mask!.reduce((sum, value) => sum + value) /
    (size.width * size.height);
  // the box of 48 × 32 pixels in a part of 52 × 52 at the corner
  assert(Math.abs(covered - 48 * 32 / 52 ** 2) < 0.02, `${covered}`);
  assertEquals(composite.width, composite.height);
  assertEquals(edits[0]!.raster.width, 96);
});

Deno.test("a preview warns of a transparent mask and of a feather that hides what is painted", async () => {
  const { width, height } = photo;
  const mask = blankRaster(width, height, [255, 255, 255, 0]);
  mask.data.set([255, 255, 255, 255], 4 * (32 * width + 48));
  const { warnings } = await one.inpaint(photo, { mask, feather: 20 })
    .preview();
  const found = [/^A feather of 20 pixels is wider/, /is transparent in parts/]
    .map((part) => warnings.some((one) => part.test(one)));
  assertEquals(found, [true, true], warnings.join("\n"));
});

Deno.test("a control picture is shown at the size at which its network reads it", async () => {
  const pose = blankRaster(200, 200, [255, 255, 255, 255]);
  const { edits } = await one.control("./net", pose, { edges: "canny" })
    .preview();
  assertEquals([edits[0]!.raster.width, edits[0]!.raster.height], [64, 64]);
  await assertRejects(
    () => one.control("./net", photo).preview(),
    Error,
    'Control 1 ("./net"): its picture has 96 × 64 pixels, another shape',
  );
});
