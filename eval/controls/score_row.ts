import type { RunRulers } from "../run/measure_picture.ts";
import { type ControlRow, controlRow } from "./control_row.ts";
import type { ControlScenes } from "./control_scene.ts";
import { overSeeds, type SceneScores, scorePicture } from "./control_scores.ts";
import { detectedPrecisions } from "./detections.ts";
import { openRetrieval, type Retrieval } from "./retrieval.ts";

/** Scores pictures of all scenes, one list a noise seed, as a row of the table. */
export type ScoreRow = (
  name: string,
  seeds: readonly (readonly Float32Array[])[],
) => Promise<ControlRow>;

/** The scores of scenes, with mAP and retrieval where rulers measure them. */
export async function openScoreRow(
  { world, scenes }: ControlScenes,
  rulers?: RunRulers,
): Promise<ScoreRow> {
  const search = rulers && await openRetrieval(rulers.encoder, world);
  return async (name, seeds) => {
    const scores: SceneScores[][] = [];
    for (const pictures of seeds) {
      scores.push(await scoresOf(pictures, scenes, search));
    }
    const row = controlRow(name, overSeeds(scores));
    if (rulers === undefined) return row;
    const options = { detector: rulers.detector, world };
    const [map, map50] = await detectedPrecisions(seeds, scenes, options);
    return { ...row, map, map50 };
  };
}

async function scoresOf(
  pictures: readonly Float32Array[],
  scenes: ControlScenes["scenes"],
  search?: Retrieval,
): Promise<SceneScores[]> {
  const scores: SceneScores[] = [];
  for (const [i, picture] of pictures.entries()) {
    const found = await search?.search(picture, scenes[i]!);
    const own = scorePicture(picture, scenes[i]!);
    const objects = own.objects.map((one, k) => ({
      ...one,
      found: found?.[k],
    }));
    scores.push({ ...own, objects });
  }
  return scores;
}
