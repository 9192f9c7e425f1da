import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { blankRaster, type Raster } from "../../../../lib/images/raster.ts";
import { decodeImage } from "../../../../lib/images/decode.ts";
import { PictureLayout } from "../../../../lib/scene/layouts/picture_layout.ts";
import { box, layout } from "../../../../mod.ts";

const objects = [
  { name: "dog", box: box.fraction(0, 0, 0.5, 1) },
  { name: "cat", box: box.fraction(0.5, 0, 1, 1) },
];

Deno.test("a layout with a reference for each name becomes a scene", () => {
  const found = new PictureLayout({ size: { width: 40, height: 20 }, objects });
  const made = found.scene({ dog: "dog.png", cat: "cat.png" }).toJSON();
  assertEquals(made.size, { width: 40, height: 20 });
  assertEquals(
    made.instances.map(({ caption, reference }) => [caption, reference]),
    [["dog", "dog.png"], ["cat", "cat.png"]],
  );
});

Deno.test("an object without a reference is named", () => {
  const found = new PictureLayout({ objects });
  assertThrows(
    () => found.scene({ dog: "dog.png" }),
    LocRefError,
    'Object 2 of the layout, "cat", has no reference: give one for each of "dog", "cat"',
  );
});

Deno.test("objects of a photograph refer to what it shows in their boxes", async () => {
  const photo: Raster = blankRaster(8, 4, [255, 0, 0, 255]);
  for (let i = 0; i < 32; i++) if (i % 8 >= 4) photo.data[4 * i + 2] = 255;
  const found = new PictureLayout({ size: photo, objects }, photo);
  const [dog, cat] = found.scene().toJSON().instances;
  assertEquals(dog!.cutout, "none");
  const blue = async (reference: string) => {
    const { data, width } = await decodeImage(reference);
    assertEquals(width, 4);
    return data[2];
  };
  assertEquals(await blue(dog!.reference), 0);
  assertEquals(await blue(cat!.reference), 255);
});

Deno.test("a detector finds the objects of a picture", async () => {
  const path = new URL(
    "../../../../docs/demo-sheet.png",
    import.meta.url,
  );
  const found = await layout.fromPicture(fromFileUrl(path));
  assert(found.objects.length > 0);
  for (const { score, name } of found.objects) {
    assert(score! >= 0.25 && name.length > 0);
  }
  const sure = await layout.fromPicture(await Deno.readFile(path), {
    least: 1,
  });
  assertEquals(sure.objects, []);
});

Deno.test("an object that a detector finds under several classes is one object", async () => {
  const detector = {
    classes: ["dog", "cat"],
    detect: () =>
      Promise.resolve([[
        { category: 0, score: 0.5, box: [0, 0, 0.5, 1] },
        { category: 1, score: 0.9, box: [0, 0, 0.52, 1] },
        { category: 0, score: 0.8, box: [0.5, 0, 1, 1] },
      ]]),
    dispose: () => Promise.resolve(),
  };
  const star = new URL(
    "../../../../examples/assets/star.png",
    import.meta.url,
  );
  const photos = [await Deno.readFile(star), star, blankRaster(8, 4)];
  for (const photo of photos) {
    const found = await layout.fromPicture(photo, {
      detector: detector as never,
    });
    assertEquals(found.objects.map(({ name }) => name), ["cat", "dog"]);
  }
});

Deno.test("a photograph that is missing is named", async () => {
  await assertRejects(
    () => layout.fromPicture("nowhere.png"),
    LocRefError,
    'Photograph "nowhere.png": no such file',
  );
});
