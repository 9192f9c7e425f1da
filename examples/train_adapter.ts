/**
 * Trains a tiny adapter on the pocket model's base: a shard of eight scenes, a config, a run.
 * `deno task dataset build` makes real shards, `deno task train CONFIG.json` runs real configs.
 *
 *     deno run -A examples/train_adapter.ts [FOLDER] [STEPS]
 */

import { fileURLToPath } from "node:url";
import { layout, scene } from "@locref/locref";
import { writeShard } from "@locref/locref/dataset";
import { readConfig, runStage } from "@locref/locref/train";

const [folder = "out/adapter", steps = "20"] = Deno.args;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const base = file("../models/pocket");
const boxes = layout.scatter(8, { seed: 1, min: 0.4, max: 0.6 });
const scenes = boxes.map((box) =>
  scene(128).caption("a star").place(file("assets/star.png"), box)
);
await writeShard(`${folder}/shards/train-0.tar`, scenes);

const config = {
  stage: "locref",
  name: "tiny",
  out: folder,
  model: { base, imageEncoder: `${base}/image_encoder` },
  appearanceNet: { input: "patch" },
  data: { shards: `${folder}/shards`, side: 128 },
  batch: 4,
  steps: Number(steps),
};
const start = `${folder}/config.in.json`;
await Deno.writeTextFile(start, JSON.stringify(config));

const { stage, config: complete } = await readConfig(start);
const { result } = await runStage(stage, complete);
console.log(result);
