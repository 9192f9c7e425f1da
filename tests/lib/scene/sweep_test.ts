import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { saveCoco } from "../../../lib/scene/coco_dataset.ts";
import type { Picture } from "../../../lib/pipeline/picture.ts";
import { sweep, type SweepPicture } from "../../../lib/scene/sweep.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const one = scene(64, 64).caption("a thing")
  .place("examples/assets/star.png", box.xyxy(0, 0, 32, 32));

async function collect(all: AsyncIterable<SweepPicture>) {
  const made: SweepPicture[] = [];
  for await (const picture of all) made.push(picture);
  return made;
}

Deno.test("a sweep makes every combination, seeds varying fastest", async () => {
  const made = await collect(sweep(one, {
    steps: 1,
    seeds: [3, 4],
    references: [["examples/assets/star.png"], ["examples/assets/clover.png"]],
    boxes: [[box.xyxy(0, 0, 32, 32)], [box.xyxy(32, 32, 64, 64)]],
  }));
  assertEquals(
    made.map(({ references, boxes, seed }) => [references, boxes, seed]),
    [0, 1].flatMap((r) =>
      [0, 1].flatMap((b) => [3, 4].map((seed) => [r, b, seed]))
    ),
  );
  const { scene: last } = made.at(-1)!;
  assert(last.instances[0]!.reference.endsWith("clover.png"));
  assertEquals(last.instances[0]!.box.x0, 0.5);
});

Deno.test("a choice that is not one for each instance is refused before any picture", async () => {
  const error = await assertRejects(
    () => collect(sweep(one, { boxes: [[]] })),
    RangeError,
  );
  assertEquals(
    error.message,
    "Option boxes: entry 0 has 0 for a scene of 1 instance",
  );
});

Deno.test("pictures become a data set whose labels are the asked boxes", async () => {
  await withTempDir(async (dir) => {
    async function* pictures(): AsyncGenerator<Picture> {
      const all = sweep(one, { steps: 1, seeds: [1, 2] });
      for await (const { picture } of all) yield picture;
    }
    assertEquals(await saveCoco(dir, pictures()), 2);
    const path = join(dir, "instances.json");
    const { images, annotations, categories } = JSON.parse(
      await Deno.readTextFile(path),
    );
    assertEquals(categories, [{ id: 1, name: "star" }]);
    assertEquals(images.length, 2);
    for (const [i, { file_name, width }] of images.entries()) {
      await Deno.stat(join(dir, "images", file_name));
      assertEquals(annotations[i].image_id, i + 1);
      assertEquals(annotations[i].bbox, [0, 0, width / 2, width / 2]);
    }
  });
});

Deno.test("a sweep over nothing is refused", async () => {
  const error = await assertRejects(
    () => collect(sweep(one, { seeds: [] })),
    RangeError,
  );
  assertEquals(
    error.message,
    "Option seeds is empty: a sweep needs one at least",
  );
});

Deno.test("a class that is none of the data set's ends it at that picture", async () => {
  await withTempDir(async (dir) => {
    let asked = 0;
    async function* pictures(): AsyncGenerator<Picture> {
      for await (const { picture } of sweep(one, { steps: 1, seeds: [1, 2] })) {
        asked++;
        yield picture;
      }
    }
    const error = await assertRejects(
      () => saveCoco(dir, pictures(), { categories: ["dog"] }),
      RangeError,
    );
    assertEquals(
      error.message,
      'An instance is a "star", which is none of the classes dog',
    );
    assertEquals(asked, 1);
  });
});

Deno.test("labels of an unknown format, or of YOLO without names, are refused", async () => {
  const picture = await one.generate({ steps: 1 });
  const labels = picture.labels.bind(picture) as (format: string) => unknown;
  for (
    const [format, message] of [
      ["voc", 'Labels are "coco" or "yolo", got "voc"'],
      [
        "yolo",
        'Labels of YOLO number the classes: give their names, labels("yolo", names)',
      ],
    ]
  ) {
    const error = assertThrows(() => labels(format!), TypeError);
    assertEquals((error as Error).message, message);
  }
});
