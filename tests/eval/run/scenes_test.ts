import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openScenes } from "../../../eval/run/scenes.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const data = fromFileUrl(new URL("../../data", import.meta.url));
const openImages = `openimages:${
  join(data, "openimages/validation-annotations-bbox.csv")
},${join(data, "openimages/images")}`;
const descriptions = join(data, "openimages/class-descriptions-boxable.csv");
const coco = `coco:${join(data, "coco/instances.json")},${
  join(data, "coco/images")
}`;

const options = (out: string) => ({
  ...{ out, count: 100, seed: 0, annotations: { descriptions } },
  references: "same" as const,
});

Deno.test("OpenImages' boxes become scenes with their classes, references and real pictures", async () => {
  await withTempDir(async (out) => {
    const source = await openScenes(openImages, options(out));
    assert(source.keys.length > 0);
    for (const index of source.keys.keys()) {
      const { cutOut, categories, truth } = await source.read(index);
      assertEquals(cutOut.instances.length, categories.length);
      assertEquals(cutOut.size, {
        width: truth!.width,
        height: truth!.height,
      });
      for (const [i, { box, reference }] of cutOut.instances.entries()) {
        assert(0 <= box.x0 && box.x0 < box.x1 && box.x1 <= 1);
        assert(0 <= box.y0 && box.y0 < box.y1 && box.y1 <= 1);
        assert(reference.startsWith("data:image/"));
        assert(categories[i]);
      }
    }
  });
});

Deno.test("OpenImages' classes need their descriptions", async () => {
  await withTempDir(async (out) => {
    await assertRejects(
      () => openScenes(openImages, { ...options(out), annotations: {} }),
      LocRefError,
      "--descriptions",
    );
  });
});

Deno.test("a reference may show another instance of the class", async () => {
  await withTempDir(async (dir) => {
    const [same, other] = await Promise.all(
      (["same", "other"] as const).map(async (references) => {
        const out = join(dir, references);
        const source = await openScenes(coco, { ...options(out), references });
        return await Promise.all(
          [...source.keys.keys()].map((index) => source.read(index)),
        );
      }),
    );
    assertEquals(other!.map(({ key }) => key), same!.map(({ key }) => key));
    const differs = same!.flatMap(({ cutOut }, n) =>
      cutOut.instances.map(({ reference }, i) =>
        reference !== other![n]!.cutOut.instances[i]!.reference
      )
    );
    assert(differs.includes(true), "no reference came from elsewhere");
    for (const [n, { cutOut }] of same!.entries()) {
      assertEquals(
        other![n]!.cutOut.instances.map(({ box }) => box),
        cutOut.instances.map(({ box }) => box),
      );
    }
  });
});

Deno.test("a scene in a folder that cannot be read is named before anything is made", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "b.json");
    await Deno.writeTextFile(join(dir, "a.json"), '{"caption": "nothing"}');
    await Deno.writeTextFile(path, '{"caption": 7}');
    const error = await assertRejects(
      () => openScenes(dir, options(dir)),
      LocRefError,
    );
    assert(error.message.startsWith(`File "${path}": `), error.message);
  });
});

Deno.test("instances of scenes in a folder are of the class that their captions or references name", async () => {
  await withTempDir(async (dir) => {
    const box = { percent: [0, 0, 50, 50] };
    const instances = [
      { reference: "a/mug.png", box },
      { reference: "b.png", box, caption: "a Red Car" },
    ];
    await Deno.writeTextFile(
      join(dir, "a.json"),
      JSON.stringify({ instances }),
    );
    const source = await openScenes(dir, options(dir));
    const { categories } = await source.read(0);
    assertEquals(categories, ["mug", "Red Car"]);
  });
});
