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
  const wide = blankRaster(96, 54, [40, 90, 160, 255]);
  const { composite, masks } = await one.init(wide).preview();
  assertEquals([composite.width, composite.height], [512, 288]);
  const { width, height } = masks[0]!.size;
  assertEquals(width / height, 16 / 9);
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
  assertEquals([edits[0]!.raster.width, edits[0]!.raster.height], [128, 128]);
  await assertRejects(
    () => one.control("./net", photo).preview(),
    Error,
    'Control 1 ("./net"): its picture has 96 × 64 pixels, another shape',
  );
});

Deno.test("a preview warns of a control whose network is missing, and not of one that may be on the hub", async () => {
  const photo = blankRaster(96, 72, [40, 90, 160, 255]);
  const { warnings } = await one.control("./net", photo)
    .control("org/net", photo).preview({ init: { image: photo } });
  assertEquals(warnings.filter((one) => one.startsWith("Control")), [
    'Control 1 ("./net") does not exist: it must be a folder, a file, or a hub id like "org/repo"',
  ]);
});

Deno.test("a preview refuses a control of an instance that is missing, and one without its mask", async () => {
  const begun = one.init(photo);
  await assertRejects(
    () => begun.control("org/net", photo, { instance: 1 }).preview(),
    Error,
    'Control 1 ("org/net"): there is no instance 1: the scene has 1 instance',
  );
  await assertRejects(
    () => begun.control("org/net", photo, { masked: true }).preview(),
    Error,
    'Control 1 ("org/net"): masked is true, but the scene paints no part',
  );
});

Deno.test("a preview of a painted part warns of a control that lies outside, and numbers the others as the scene does", async () => {
  const { warnings, edits } = await one
    .place("examples/assets/star.png", box.percent(0, 90, 10, 100))
    .control("org/net", photo, { instance: 1 }).control("org/other", photo)
    .inpaint(photo, { instance: 0, padding: 2, feather: 0 }).preview();
  assertEquals(edits.at(-1)!.title, "control 2");
  assertEquals(warnings.filter((one) => one.startsWith("Control")), [
    'Control 1 ("org/net") acts in the region of instance 1 alone, which lies outside of the painted part',
  ]);
});

Deno.test("a control picture lies over the whole photograph, whatever its size", async () => {
  // white where the painted part is, right above
  const hint = (width: number, height: number) => {
    const raster = blankRaster(width, height, [0, 0, 0, 255]);
    for (let y = 0; y < height / 2; y++) {
      const from = 4 * (y * width + width / 2);
      raster.data.fill(255, from, from + 2 * width);
    }
    return raster;
  };
  const painted = one.inpaint(photo, { instance: 0, padding: 0, feather: 0 });
  const sizes: [number, number][] = [[96, 64], [192, 128], [48, 32]];
  for (const size of sizes) {
    const { edits } = await painted.control("org/net", hint(...size)).preview();
    const { width, height, data } = edits.at(-1)!.raster;
    assertEquals(width, height);
    const light = data.filter((value, i) => i % 4 === 0 && value > 127).length;
    const part = light / (width * height);
    // 48 × 32 pixels in a square of 48
    assert(Math.abs(part - 2 / 3) < 0.05, `${size}: ${part}`);
  }
  await assertRejects(
    () => painted.control("org/net", hint(64, 64)).preview(),
    Error,
    "its picture has 64 × 64 pixels, another shape than the 96 × 64 of the photograph",
  );
});

Deno.test("a preview shows the caption of a style below its pictures", async () => {
  const sheet = async (made: typeof one) =>
    (await (await made.preview()).sheet()).height;
  assert(await sheet(one.style("a woodcut")) > await sheet(one));
});
