/**
 * Boxes without numbers: the same three references as a row, a grid, a stack and scattered.
 *
 *     deno run -A examples/layout_helpers.ts [OUT_FOLDER]
 */

import { layout, LocRef, scene } from "@locref/locref";

const [folder = "out/layouts"] = Deno.args;
const references = ["hamburger.webp", "padlock.webp", "star.png"].map((name) =>
  new URL(`assets/${name}`, import.meta.url)
);
const layouts = {
  row: layout.row(3),
  grid: layout.grid(3),
  stack: layout.stack(3),
  scatter: layout.scatter(3, { seed: 2, min: 0.3, max: 0.45 }),
};

await using model = await LocRef.load();
for (const [name, boxes] of Object.entries(layouts)) {
  const filled = references.reduce(
    (built, reference, i) =>
      built.place(reference, boxes[i]!, { fit: "contain" }),
    scene().caption(
      "a hamburger and a padlock and a star on a striped purple ground",
    ),
  );
  const picture = await filled.generate({ model, seed: 3, steps: 20 });
  await picture.save(`${folder}/${name}.png`);
  console.log(`${folder}/${name}.png`);
}
