/** Measures the gain of `generate({ n, keep })` and `generate({ until, tries })` over one picture. */

import { join } from "node:path";
import { defineCommand } from "../lib/core/command/command.ts";
import { toggle, whole } from "../lib/core/command/option.ts";
import {
  modelOptions,
  seedOption,
} from "../lib/pipeline/options/command_options.ts";
import type { GenerateOptions } from "../lib/model/generate_options.ts";
import { generate } from "../lib/scoring/generate.ts";
import { loadRulers } from "../lib/scoring/load_rulers.ts";
import { loadedModel, LocRef } from "../lib/model/locref.ts";
import { startProgress } from "../lib/core/command/progress.ts";
import { bootstrapInterval, mean } from "./run/bootstrap.ts";
import { openPictureEncoder } from "../lib/scoring/encoders/open_encoder.ts";
import { pocketScenes } from "./run/pocket_scenes.ts";
import type { PictureScores } from "../lib/pipeline/options/rulers.ts";
import { sceneScorer } from "../lib/scoring/score_picture.ts";

/** Means over all instances of all scenes. */
interface Row {
  readonly way: string;
  readonly iou: number;
  readonly success: number;
  readonly clipI: number;
  /** By the image encoder that the model itself reads references with, which does not choose. */
  readonly otherClipI: number;
  /** By how much IoU and CLIP-I are higher than in the first row, with 95 % intervals over scenes. */
  readonly gains: { readonly iou: Gain; readonly clipI: Gain };
}

type Gain = readonly [mean: number, low: number, high: number];

/** Means over the instances of one scene. */
interface SceneMeans {
  readonly iou: number;
  readonly success: number;
  readonly clipI: number;
  readonly otherClipI: number;
}

const measures = ["iou", "success", "clipI", "otherClipI"] as const;

/** `deno task eval best-of`. */
export const command = defineCommand({
  about:
    `Makes pictures of held-out compositions of the pocket world, and says what they score. It makes
    them in three ways: one picture, the best of several, and instances made again until they are
    good enough.`,
  options: {
    model: modelOptions.model,
    scenes: whole("number of scenes", { min: 1, default: 12 }),
    bestOf: whole(
      "candidates, and most pictures until instances are good enough",
      { min: 2, max: 1000, default: 8, former: "n" },
    ),
    steps: whole("steps of DDIM", { min: 1, max: 1000, default: 20 }),
    seed: seedOption("seed of the scenes and of the first picture", {
      default: 0,
    }),
    json: toggle("print the table as JSON"),
  },
  async main({ model: name, scenes: count, bestOf: n, steps, seed, json }) {
    await using model = await LocRef.load(name);
    const rows = await measure(model, { count, n, seed, steps });
    console.log(json ? JSON.stringify(rows) : table(rows));
    return 0;
  },
});

/** The three ways; all begin with the same seed, so the first picture is the same. */
function ways(n: number): Record<string, GenerateOptions> {
  return {
    "one picture": { n: 1, keep: "best" },
    [`best of ${n}`]: { n, keep: "best" },
    [`until IoU 0.8, CLIP-I 0.9, at most ${n}`]: {
      until: { iou: 0.8, clip: 0.9 },
      tries: n,
    },
  };
}

async function measure(
  model: LocRef,
  options: { count: number; n: number; seed: number; steps: number },
): Promise<Row[]> {
  const { count, n, seed, steps } = options;
  const rulers = await loadRulers();
  const judge = await openPictureEncoder(
    join(loadedModel(model).parts.base.folder, "image_encoder"),
  );
  const source = await pocketScenes({ count, seed });
  const bar = startProgress("scenes", { total: count });
  const means: Record<string, SceneMeans[]> = {};
  for (let i = 0; i < count; i++) {
    const scene = await source.read(i);
    const judged = await sceneScorer(scene.cutOut, { encoder: judge });
    for (const [way, choice] of Object.entries(ways(n))) {
      const common = { model, rulers, seed, steps, folder: scene.folder };
      const picture = await generate(scene.cutOut, { ...common, ...choice });
      (means[way] ??= []).push(
        sceneMeans(picture.scores!, await judged(picture)),
      );
    }
    bar.update(i + 1);
  }
  bar.end();
  for (const ruler of [rulers.detector, rulers.encoder, judge]) {
    await ruler.dispose();
  }
  const [first] = Object.values(means);
  return Object.entries(means).map(([way, own]) => row(way, own, first!));
}

function sceneMeans(own: PictureScores, judged: PictureScores): SceneMeans {
  return {
    iou: mean(own.instances.map(({ iou }) => iou!)),
    success: mean(own.instances.map(({ success }) => success ? 1 : 0)),
    clipI: mean(own.instances.map(({ clipI }) => clipI!)),
    otherClipI: mean(judged.instances.map(({ clipI }) => clipI!)),
  };
}

function row(
  way: string,
  own: readonly SceneMeans[],
  first: readonly SceneMeans[],
): Row {
  const over = (name: typeof measures[number]) =>
    mean(own.map((scene) => scene[name]));
  const gain = (name: "iou" | "clipI"): Gain => {
    const gains = own.map((scene, i) => scene[name] - first[i]![name]);
    const [low, high] = bootstrapInterval(
      gains.length,
      (indices) => mean(indices.map((i) => gains[i]!)),
    );
    return [mean(gains), low, high];
  };
  return {
    way,
    ...{ iou: over("iou"), success: over("success"), clipI: over("clipI") },
    otherClipI: over("otherClipI"),
    gains: { iou: gain("iou"), clipI: gain("clipI") },
  };
}

/** Rows as Markdown. */
function table(rows: readonly Row[]): string {
  const number = (value: number) => value.toFixed(3);
  const gain = ([value, low, high]: Gain) =>
    `${value >= 0 ? "+" : ""}${number(value)} (${number(low)} … ${
      number(high)
    })`;
  const head = "| | IoU | success | CLIP-I | gain in IoU | gain in CLIP-I |" +
    " CLIP-I, other encoder |";
  const lines = rows.map(({ gains, ...one }, i) =>
    `| ${one.way} | ${number(one.iou)} | ${number(one.success)} | ${
      number(one.clipI)
    } | ${i === 0 ? "" : gain(gains.iou)} | ${
      i === 0 ? "" : gain(gains.clipI)
    } | ${number(one.otherClipI)} |`
  );
  return [head, `|---${"|---:".repeat(6)}|`, ...lines].join("\n");
}
