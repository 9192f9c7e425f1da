/**
 * Several pictures of one scene, measured by IoU and CLIP-I: the best is kept; or only the noise of
 * what is not good enough is rolled anew.
 *
 *     deno run -A examples/best_of_n.ts [FOLDER] [NUMBER_OF_PICTURES]
 */

import { box, LocRef, type Picture, scene } from "@locref/locref";

const [folder = "out/best", count = "6"] = Deno.args;
const asset = (name: string) => new URL(`assets/${name}.png`, import.meta.url);

const pair = scene()
  .caption("a star and a backpack on a striped blue ground")
  .place(asset("star"), box.percent(5, 10, 50, 55))
  .place(asset("backpack"), box.percent(50, 30, 95, 90));

function tell(title: string, { scores }: Picture): void {
  const lines = scores!.instances.map((one) => JSON.stringify(one));
  console.log(`${title}\n${lines.join("\n")}`);
}

await using model = await LocRef.load();
const settings = { model, steps: 20 };
const first = await pair.generate({ ...settings, keep: "best" });
tell("one picture", first);

const n = Number(count);
const best = await pair.generate({ ...settings, n, keep: "best" });
tell(`best of ${count}`, best);
await best.save(`${folder}/best.png`);

const until = { iou: 0.8, clip: 0.8 };
const rolled = await pair.generate({ ...settings, until, tries: n });
tell("rolled until good", rolled);
await rolled.save(`${folder}/rolled.png`);
