/**
 * The first picture: one reference, one box, one sentence.
 *
 *     deno run -A examples/first_picture.ts [OUT.png]
 */

import { box, scene } from "@locref/locref";

const [out = "out/first_picture.png"] = Deno.args;
const hamburger = new URL("assets/hamburger.webp", import.meta.url);

const picture = await scene(512, 512)
  .caption("a hamburger on a striped blue ground")
  .place(hamburger, box.xyxy(90, 120, 430, 400))
  .generate({ seed: 7 });

await picture.save(out);
console.log(`${out}: ${picture.width} × ${picture.height} pixels`);
