/**
 * `deno task bench:modes [--scenes N] [--seeds N]`: what the fast modes cost in mAP and CLIP-I, on
 * held-out pocket scenes with the rulers of the ablation, and the time of a picture in each.
 */

import { whole } from "../lib/core/command/option.ts";
import { readOptions } from "../lib/core/command/read_options.ts";
import { makePicture } from "../lib/pipeline/make_picture.ts";
import type { PictureOptions } from "../lib/pipeline/options/picture_options.ts";
import type { LoadedModel } from "../lib/pipeline/load/loaded_model.ts";
import { loadModel } from "../lib/pipeline/load/load_model.ts";
import { startProgress } from "../lib/core/command/progress.ts";
import {
  type AblationRow,
  ablationRow,
} from "../eval/ablation/ablation_row.ts";
import { openRulersIn } from "../eval/ablation/run_ablation.ts";
import { measurePicture, type RunRulers } from "../eval/run/measure_picture.ts";
import { pocketScenes } from "../eval/run/pocket_scenes.ts";
import type { Measurement } from "../eval/run/record.ts";
import type { EvaluationScene } from "../eval/run/scene_source.ts";
import { median } from "./summarise.ts";

interface Mode extends PictureOptions {
  readonly name: string;
  readonly int8?: boolean;
}

const solver = { sampler: "dpm++", steps: 15 } as const;

const modes: readonly Mode[] = [
  { name: "50 steps of DDIM", steps: 50 },
  { name: "guidance in 10..80 %", steps: 50, guidanceInterval: [0.1, 0.8] },
  { name: "int8", steps: 50, int8: true },
  { name: "deepEvery 2", steps: 50, deepEvery: 2 },
  { name: "deepEvery 3", steps: 50, deepEvery: 3 },
  { name: "20 steps of DDIM", steps: 20 },
  { name: "10 steps of DDIM", steps: 10 },
  { name: "8 steps of DDIM", steps: 8 },
  { name: "10 steps of DDIM, deepEvery 2", steps: 10, deepEvery: 2 },
  { name: "10 steps of DDIM, int8", steps: 10, int8: true },
  {
    name: "10 steps of DDIM, deepEvery 2, int8",
    steps: 10,
    deepEvery: 2,
    int8: true,
  },
  { name: "dpm++ in 15 steps", ...solver },
  { name: "dpm++ in 10 steps", ...solver, steps: 10 },
  {
    name: "dpm++ in 10 steps, deepEvery 2",
    ...solver,
    steps: 10,
    deepEvery: 2,
  },
];

const { scenes: count, seeds } = readOptions({
  scenes: whole("number of scenes", { min: 1, default: 40 }),
  seeds: whole("noise seeds for each scene", { min: 1, default: 1 }),
}, Deno.args);
const source = await pocketScenes({ seed: 2, count });
const exact = await loadModel("pocket", { backend: "onnx" });
const coarse = await loadModel("pocket", { backend: "onnx", int8: true });
const rulers = await openRulersIn(exact.parts.base.folder);
const progress = startProgress("modes", {
  total: modes.length * count * seeds,
});
let done = 0;
const rows: (AblationRow & { seconds: number })[] = [];
for (const { name, int8, ...options } of modes) {
  const model = int8 ? coarse : exact;
  const times: number[] = [];
  const scores: Measurement[][] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const ofSeed: Measurement[] = [];
    for (let i = 0; i < count; i++) {
      const scene = await source.read(i);
      const { score, seconds } = await scored(scene, rulers, {
        ...options,
        model,
        seed,
      });
      ofSeed.push(score);
      times.push(seconds);
      progress.update(++done);
    }
    scores.push(ofSeed);
  }
  const row = ablationRow(name, scores, rulers.detector.classes);
  rows.push({ ...row, seconds: median(times) });
}
progress.end();
console.log(table(rows));
await Promise.all([exact.dispose(), coarse.dispose()]);

async function scored(
  scene: EvaluationScene,
  rulers: RunRulers,
  { model, ...options }: PictureOptions & { model: LoadedModel },
): Promise<{ score: Measurement; seconds: number }> {
  const start = performance.now();
  const picture = await makePicture(
    { scene: scene.cutOut, model },
    options,
  );
  const seconds = (performance.now() - start) / 1000;
  return { score: await measurePicture(picture, scene, rulers), seconds };
}

function table(rows: readonly (AblationRow & { seconds: number })[]): string {
  const plain = rows[0]!;
  const signed = (value: number) =>
    `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
  return [
    "| mode | mAP | to plain | mAP@50 | to plain | CLIP-I | to plain | time | × plain |",
    `| --- |${" --: |".repeat(8)}`,
    ...rows.map((row) =>
      `| ${
        [
          row.name,
          row.map.toFixed(3),
          signed(row.map - plain.map),
          row.map50.toFixed(3),
          signed(row.map50 - plain.map50),
          row.clip_i.toFixed(3),
          signed(row.clip_i - plain.clip_i),
          `${row.seconds.toFixed(2)} s`,
          (row.seconds / plain.seconds).toFixed(2),
        ].join(" | ")
      } |`
    ),
  ].join("\n");
}
