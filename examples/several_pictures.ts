/**
 * One instance from several pictures of it, in the three ways in which they combine:
 *
 *     deno run -A examples/several_pictures.ts [OUT_FOLDER] [PICTURE PICTURE …]
 */

import { box, scene } from "@locref/locref";

const asset = (name: string) => new URL(`assets/${name}`, import.meta.url);
const [out = "out", ...given] = Deno.args;
const pictures = given.length > 0
  ? given
  : [asset("star.png"), asset("clover.png")];

for (const combine of ["concat", "average", "sum"] as const) {
  const picture = await scene()
    .caption("a star on a striped blue ground")
    .place(pictures, box.percent(20, 20, 80, 80), { combine })
    .generate({ seed: 1 });
  const path = `${out}/several_${combine}.png`;
  await picture.save(path);
  console.log(path);
}
