/**
 * A labelled data set for detectors out of a sweep over references, places and seeds, in COCO's
 * format: the asked boxes are the labels.
 *
 *     deno run -A examples/sweep_to_coco.ts [FOLDER] [NUMBER_OF_PICTURES]
 */

import { layout, LocRef, scene } from "@locref/locref";

const [folder = "out/coco", count = "12"] = Deno.args;
const names = ["backpack", "basketball", "clover", "star"];
const asset = (i: number) =>
  new URL(`assets/${names[i % names.length]}.png`, import.meta.url);
const images: unknown[] = [];
const annotations: unknown[] = [];

await using model = await LocRef.load();
for (let image_id = 0; image_id < Number(count); image_id++) {
  const [left, right] = layout.scatter(2, { seed: image_id, min: 0.3 });
  const picture = await scene()
    .caption("things on a blue background")
    .place(asset(image_id), left!)
    .place(asset(image_id + 1), right!)
    .generate({ model, seed: image_id, steps: 20 });
  const { width, height } = picture;
  images.push({ id: image_id, file_name: `${image_id}.png`, width, height });
  await picture.save(`${folder}/images/${image_id}.png`);
  for (const { category, ...label } of picture.labels("coco")) {
    const id = annotations.length + 1;
    const category_id = names.indexOf(category);
    annotations.push({ id, image_id, category_id, ...label });
  }
}
const categories = names.map((name, id) => ({ id, name }));
const dataset = JSON.stringify({ images, annotations, categories });
await Deno.writeTextFile(`${folder}/instances.json`, dataset);
