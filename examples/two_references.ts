/**
 * Two references of your own, side by side:
 *
 *     deno run -A examples/two_references.ts LEFT.png RIGHT.png "a caption" [OUT.png]
 */

import { box, scene } from "@locref/locref";

const asset = (name: string) => new URL(`assets/${name}`, import.meta.url);
const [
  left = asset("backpack.png"),
  right = asset("clover.png"),
  caption = "a backpack and a four leaf clover on a checked green ground",
  out = "out/two_references.png",
] = Deno.args;

const pair = scene()
  .caption(caption)
  .place(left, box.percent(5, 25, 45, 75))
  .place(right, box.percent(55, 25, 95, 75));

const { warnings } = await pair.preview();
for (const warning of warnings) console.error(warning);

const picture = await pair.generate({ seed: 1 });
await picture.save(out);
console.log(out);
