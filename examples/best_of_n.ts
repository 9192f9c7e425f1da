/**
 * Several pictures of one scene, scored by how much each box looks like its reference (CLIP-I),
 * and the one whose worst instance is best is kept.
 *
 *     deno run -A examples/best_of_n.ts [FOLDER] [NUMBER_OF_PICTURES]
 */

import { box, gallery, LocRef, type Picture, scene } from "@locref/locref";
import { instanceScorer } from "./shared/instance_scores.ts";

const [folder = "out/best", count = "6"] = Deno.args;
const asset = (name: string) => new URL(`assets/${name}.png`, import.meta.url);

const pair = scene()
  .caption("a star and a backpack on a blue background")
  .place(asset("star"), box.percent(5, 10, 50, 55))
  .place(asset("backpack"), box.percent(50, 30, 95, 90));
const scoresOf = await instanceScorer(pair);

await using model = await LocRef.load();
const made: { picture: Picture; worst: number }[] = [];
for (let seed = 0; seed < Number(count); seed++) {
  const picture = await pair.generate({ model, seed, steps: 20 });
  const scores = await scoresOf(picture);
  made.push({ picture, worst: Math.min(...scores) });
  console.log(`seed ${seed}: ${scores.map((score) => score.toFixed(2))}`);
}
made.sort((a, b) => b.worst - a.worst);
await made[0]!.picture.save(`${folder}/best.png`);
const titled = made.map(({ picture, worst }) => [
  `seed ${picture.provenance.seed}: ${worst.toFixed(2)}`,
  picture,
]);
await gallery(Object.fromEntries(titled)).save(`${folder}/all.png`);
