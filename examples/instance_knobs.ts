/**
 * Options of one instance: its caption, the strength and duration of its reference, its noise, and
 * its place in front. On the pocket model the last one shows: it reads shapes from the composite
 * image, which the others leave as it is.
 *
 *     deno run -A examples/instance_knobs.ts [OUT_FOLDER]
 */

import { box, LocRef, scene } from "@locref/locref";

const [folder = "out/knobs"] = Deno.args;
const asset = (name: string) => new URL(`assets/${name}`, import.meta.url);

const plain = scene()
  .caption("a padlock and a hamburger on a striped green ground")
  .place(asset("padlock.webp"), box.percent(10, 8, 60, 68), {
    caption: "a padlock",
  })
  .place(asset("hamburger.webp"), box.percent(32, 38, 94, 92), {
    caption: "a hamburger",
  });

const variants = {
  plain,
  weak: plain.change(0, { scale: 0.4 }),
  early: plain.change(0, { end: 0.5 }), // the reference acts in the first half only
  reseeded: plain.change(0, { seed: 99 }), // other noise inside this box only
  in_front: plain.overlap("top").change(0, { z: 1 }),
};

await using model = await LocRef.load();
for (const [name, variant] of Object.entries(variants)) {
  const picture = await variant.generate({ model, seed: 5, steps: 20 });
  await picture.save(`${folder}/${name}.png`);
  console.log(`${folder}/${name}.png`);
}
