/**
 * The first picture: one reference, one box, one sentence.
 *
 *     deno run -A examples/first_picture.ts [OUT.png]
 */

import { box, scene } from "@locref/locref";

const [out = "out/first_picture.png"] = Deno.args;
const basketball = new URL("assets/basketball.png", import.meta.url);

const picture = await scene(512, 512)
  .caption("a basketball on a blue background")
  .place(basketball, box.xyxy(120, 120, 400, 400))
  .generate({ seed: 7 });

await picture.save(out);
console.log(`${out}: ${picture.width} × ${picture.height} pixels`);
