import { existsSync } from "node:fs";
import { join } from "node:path";
import { startProgress } from "../../lib/core/command/progress.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { boxesOverlap } from "../../lib/core/geometry.ts";
import type { LocRef } from "../../lib/model/locref.ts";
import type {
  InstanceScore,
  Rulers,
} from "../../lib/pipeline/options/rulers.ts";
import { generate } from "../../lib/scoring/generate.ts";
import { sceneScorer } from "../../lib/scoring/score_picture.ts";
import type { EvaluationScene, SceneSource } from "../run/scene_source.ts";

/** One scene: scores of the lowest instance before and after, and how far others moved. */
export interface SceneGain {
  readonly before: number;
  readonly after: number;
  /** Greatest change of CLIP-I among instances whose boxes do not overlap it; 0 without any. */
  readonly othersClipI: number;
  /** Greatest change of IoU among them; one whose pixels stay keeps its score. */
  readonly othersIou: number;
}

/** How scenes are measured. */
export interface MeasureOptions {
  readonly model: LocRef;
  readonly rulers: Required<Pick<Rulers, "detector" | "encoder">>;
  readonly tries: number;
  readonly steps: number;
  readonly seed: number;
  /** Folder of the scenes that are measured already, a file each. @default {none is kept} */
  readonly out?: string;
}

/** Measures every scene that `out` does not hold yet, and returns all of them. */
export async function measureScenes(
  source: SceneSource,
  options: MeasureOptions,
): Promise<SceneGain[]> {
  const { out } = options;
  const bar = startProgress("scenes", { total: source.keys.length });
  const gains: SceneGain[] = [];
  for (const [i, key] of source.keys.entries()) {
    const path = out && join(out, "scenes", `${key}.json`);
    if (path !== undefined && existsSync(path)) {
      gains.push(await readJson<SceneGain>(path));
    } else {
      const gain = await measureScene(await source.read(i), options);
      if (path) await writeFileAtomically(path, `${JSON.stringify(gain)}\n`);
      gains.push(gain);
    }
    bar.update(i + 1);
  }
  bar.end();
  return gains;
}

/** Paints the instance of the lowest score anew with each seed, and keeps the best. */
async function measureScene(
  { cutOut: scene, folder }: EvaluationScene,
  { model, rulers, tries, steps, seed }: MeasureOptions,
): Promise<SceneGain> {
  const score = await sceneScorer(scene, rulers, { folder });
  const first = await generate(scene, { model, seed, steps, folder });
  const scores = await score(first), before = scores.instances;
  const lowest = indexOfLeast(before.map(total));
  let best = before;
  for (let n = 1; n <= tries; n++) {
    const again = await first.again(lowest, { seed: seed + 1000 * n });
    const after = (await score(again, { picture: first, scores })).instances;
    if (total(after[lowest]!) > total(best[lowest]!)) best = after;
  }
  const apart = scene.instances.flatMap(({ box }, k) =>
    boxesOverlap(box, scene.instances[lowest]!.box) ? [] : [k]
  );
  const moved = (key: "clipI" | "iou") =>
    Math.max(
      0,
      ...apart.map((k) => Math.abs(best[k]![key]! - before[k]![key]!)),
    );
  return {
    before: total(before[lowest]!),
    after: total(best[lowest]!),
    othersClipI: moved("clipI"),
    othersIou: moved("iou"),
  };
}

/** The measure by which the best of several pictures is chosen. */
function total({ iou, clipI }: InstanceScore): number {
  return (iou! + clipI!) / 2;
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
