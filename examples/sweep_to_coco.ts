/**
 * A labelled data set for detectors out of a sweep over references, places and seeds, in COCO's
 * format: the boxes of the scenes are the labels.
 *
 *     deno run -A examples/sweep_to_coco.ts [FOLDER] [NUMBER_OF_PICTURES]
 */

import { layout, LocRef, saveCoco, scene, sweep } from "@locref/locref";

const [folder = "out/coco", count = "12"] = Deno.args;
const asset = (name: string) => new URL(`assets/${name}.png`, import.meta.url);
const [left, right] = layout.row(2);
const pair = scene()
  .caption("things on a striped blue ground")
  .place(asset("star"), left!)
  .place(asset("clover"), right!);

const references = [
  [asset("star"), asset("clover")],
  [asset("backpack"), asset("basketball")],
];
const boxes = Array.from(
  { length: Math.ceil(Number(count) / references.length) },
  (_, seed) => layout.scatter(2, { seed, min: 0.3 }),
);

await using model = await LocRef.load();
async function* pictures() {
  const all = sweep(pair, { model, references, boxes, steps: 20 });
  for await (const { picture } of all) yield picture;
}
const made = await saveCoco(folder, pictures());
console.log(`${made} pictures in ${folder}`);
