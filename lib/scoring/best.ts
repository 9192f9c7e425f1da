import type { GenerateOptions } from "../model/generate_options.ts";
import { checkGenerateOptions } from "../model/check_generate_options.ts";
import { useModel } from "../model/use_model.ts";
import { drawSeed } from "../pipeline/draw_seed.ts";
import { makePicture } from "../pipeline/make_picture.ts";
import {
  checkChoice,
  type ChoiceOptions,
  type LeastScores,
} from "../pipeline/options/choice_options.ts";
import type { PictureOptions } from "../pipeline/options/picture_options.ts";
import type { PictureScores, Rulers } from "../pipeline/options/rulers.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneOnModel } from "../pipeline/run.ts";
import { categoryOf } from "../scene_data/labels.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { classIndex } from "./class_index.ts";
import { checkRulers, rulersOf } from "./rulers_of_model.ts";
import { reaches, unreachedWarnings } from "./unreached.ts";

/** A picture with what it scored. */
interface Candidate {
  readonly picture: Picture;
  readonly scores: PictureScores;
}

/** How a picture is chosen. */
type Choosing =
  & Pick<ChoiceOptions, "n" | "until" | "tries">
  & { readonly rulers: Rulers };

/**
 * Makes several pictures of `scene` and returns the best, with its scores: `n` candidates, the best
 * of which is rolled on where `until` is not reached.
 *
 * @throws {TypeError | RangeError} if the options do not fit together.
 */
export async function best(
  scene: SceneData,
  options: GenerateOptions,
  origin: SceneOrigin = {},
): Promise<Picture> {
  checkGenerateOptions(options);
  checkChoice(options);
  const { model: _, backend: _backend, keep: _keep, ...more } = options;
  const { n, until, tries, rulers, ...rest } = more;
  await using used = await useModel(options, scene);
  const on = { scene, model: used.model, origin };
  if (rulers) return await choose(on, { n, until, tries, rulers }, rest);
  const own = await rulersOf(used.model);
  try {
    return await choose(on, { n, until, tries, rulers: own }, rest);
  } finally {
    await own.detector.dispose();
    await own.encoder.dispose();
  }
}

async function choose(
  on: SceneOnModel,
  { n = 1, until, tries = 4, rulers }: Choosing,
  options: PictureOptions,
): Promise<Picture> {
  const { scene } = on;
  const { seed = 0, ...rest } = drawSeed(options);
  checkRulers(rulers, until);
  const { sceneScorer } = await import("./score_picture.ts");
  const score = await sceneScorer(scene, rulers, {
    ...rest,
    access: on.origin?.access,
    categories: categoriesOf(scene, rulers),
  });
  let pictures = 0;
  const make = async (scene: SceneData, seed: number): Promise<Candidate> => {
    pictures++;
    const picture = await makePicture({ ...on, scene }, { ...rest, seed });
    return { picture, scores: await score(picture) };
  };
  let best = await make(scene, seed);
  for (let i = 1; i < n; i++) {
    best = better(best, await make(scene, seed + i), until);
  }
  const again = async (from: Candidate, run: Reroll): Promise<Candidate> => {
    pictures++;
    const { instances, seed } = run, { signal } = rest;
    const picture = await from.picture.again(instances, { seed, signal });
    return { picture, scores: await score(picture, from) };
  };
  if (until !== undefined) best = await reroll(best, { until, tries, again });
  const { picture, scores } = best;
  const warnings = until === undefined
    ? []
    : unreachedWarnings(scene, scores.instances, { until, pictures });
  return picture.chosen({ seed, pictures, scores }, warnings);
}

/** Class of each instance among the detector's, where it has one of that name. */
function categoriesOf(
  { instances }: SceneData,
  { detector }: Rulers,
): (number | undefined)[] {
  const classes = detector?.classes ?? [];
  return instances.map((one) => classIndex(classes, categoryOf(one)));
}

/** How far noise seeds of instances lie from those of pictures. */
const instanceSeeds = 2 ** 40;

/** Instances that are painted anew, and the seed of their noise. */
interface Reroll {
  readonly instances: readonly number[];
  readonly seed: number;
}

/** Paints failed instances anew in their boxes, on the best picture so far. */
async function reroll(
  best: Candidate,
  options: {
    until: LeastScores;
    tries: number;
    again: (from: Candidate, run: Reroll) => Promise<Candidate>;
  },
): Promise<Candidate> {
  const { until, tries, again } = options;
  const first = best.picture.provenance.seed;
  for (let i = 1; i < tries; i++) {
    const { instances: scores } = best.scores;
    const failed = [...scores.keys()].filter((k) =>
      !reaches(scores[k]!, until)
    );
    if (failed.length === 0) return best;
    const seed = instanceSeeds + first % 2 ** 32 + i * 1000;
    const made = await again(best, { instances: failed, seed });
    best = better(best, made, until);
  }
  return best;
}

/** The candidate with more instances above the thresholds, and of equals the one with better scores. */
function better(
  a: Candidate,
  b: Candidate,
  until: LeastScores = {},
): Candidate {
  const reached = ({ scores }: Candidate) =>
    scores.instances.filter((one) => reaches(one, until)).length;
  const ahead = reached(b) - reached(a) || quality(b) - quality(a);
  return ahead > 0 ? b : a;
}

/** Mean over instances of IoU and CLIP-I, as far as they are measured. */
function quality({ scores: { instances } }: Candidate): number {
  const values = instances.flatMap(({ iou, clipI }) => [
    ...(iou === undefined ? [] : [iou]),
    ...(clipI === undefined ? [] : [clipI]),
  ]);
  return values.reduce((sum, value) => sum + value, 0) / values.length || 0;
}
