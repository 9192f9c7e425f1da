import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PictureScores, Rulers } from "../pipeline/options/rulers.ts";
import { classIndex } from "./class_index.ts";
import type { SceneScorer } from "./score_picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { checkGenerateOptions } from "../model/check_generate_options.ts";
import {
  checkChoice,
  type LeastScores,
} from "../pipeline/options/choice_options.ts";
import { generateOne } from "../model/generate.ts";
import { drawSeed } from "../pipeline/draw_seed.ts";
import type { GenerateOptions } from "../model/generate_options.ts";
import { categoryOf } from "../scene_data/labels.ts";
import { loadRulers } from "./load_rulers.ts";
import { useModel } from "../model/kept_models.ts";
import { loadedModel } from "../model/locref.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";
import type { Picture } from "../pipeline/picture.ts";
import { reaches, unreachedWarnings } from "./unreached.ts";

/** A picture with what it scored. */
interface Candidate {
  readonly picture: Picture;
  readonly scores: PictureScores;
}

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
  await using used = await useModel(options);
  const { model } = used;
  const { rulers } = options;
  if (rulers) {
    return await choose(scene, { ...options, model, rulers, origin });
  }
  const own = await rulersOf(loadedModel(model));
  try {
    return await choose(scene, { ...options, model, rulers: own, origin });
  } finally {
    await own.detector.dispose();
    await own.encoder.dispose();
  }
}

async function choose(
  scene: SceneData,
  options: GenerateOptions & { rulers: Rulers; origin: SceneOrigin },
): Promise<Picture> {
  const { n = 1, keep: _, until, tries = 4, rulers, seed = 0, ...more } =
    drawSeed(options);
  const { origin, ...rest } = more;
  const { access } = origin;
  checkRulers(rulers, until);
  const { sceneScorer } = await import("./score_picture.ts");
  const categories = categoriesOf(scene, rulers);
  const score = await sceneScorer(scene, rulers, {
    ...rest,
    access,
    categories,
  });
  let pictures = 0;
  const make = (data: SceneData, seed: number) => {
    pictures++;
    return candidate(data, score, { ...rest, seed, origin });
  };
  let best = await make(scene, seed);
  for (let i = 1; i < n; i++) {
    best = better(best, await make(scene, seed + i), until);
  }
  if (until !== undefined) best = await reroll(best, { until, tries, make });
  const { picture, scores } = best;
  const warnings = until === undefined
    ? []
    : unreachedWarnings(scene, scores.instances, { until, pictures });
  return picture.chosen({ seed, pictures, scores }, warnings);
}

/** The rulers that a model of the pocket family brings along. */
async function rulersOf(model: LoadedModel): Promise<Required<Rulers>> {
  const { folder } = model.parts.base;
  const detector = join(folder, "detector");
  const encoder = join(folder, "evaluation_encoder");
  if (existsSync(detector) && existsSync(encoder)) {
    const backend = model.backend.name;
    return await loadRulers({ detector, encoder, backend });
  }
  throw new TypeError(
    `Pictures of model "${model.name}" need rulers: give { rulers: await loadRulers({ detector, encoder }) }`,
  );
}

/** Class of each instance among the detector's, where it has one of that name. */
function categoriesOf(
  { instances }: SceneData,
  { detector }: Rulers,
): (number | undefined)[] {
  const classes = detector?.classes ?? [];
  return instances.map((one) => classIndex(classes, categoryOf(one)));
}

function checkRulers(rulers: Rulers, until: LeastScores = {}): void {
  if (rulers.detector === undefined && rulers.encoder === undefined) {
    throw new TypeError(
      "Option rulers is empty: it takes a detector, an encoder, or both",
    );
  }
  const needed = [
    ["iou", until.iou, rulers.detector, "detector"],
    ["clip", until.clip, rulers.encoder, "encoder"],
  ] as const;
  for (const [name, least, ruler, what] of needed) {
    if (least === undefined || ruler !== undefined) continue;
    throw new TypeError(
      `Option until.${name} is ${least}, but the rulers have no ${what}`,
    );
  }
}

async function candidate(
  scene: SceneData,
  score: SceneScorer,
  { origin, ...options }: GenerateOptions & { origin: SceneOrigin },
): Promise<Candidate> {
  const picture = await generateOne(scene, options, origin);
  return { picture, scores: await score(picture) };
}

/** How far noise seeds of instances lie from those of pictures. */
const instanceSeeds = 2 ** 40;

/** Rolls the noise of failed instances anew, on the best picture so far. */
async function reroll(
  best: Candidate,
  options: {
    until: LeastScores;
    tries: number;
    make: (scene: SceneData, seed: number) => Promise<Candidate>;
  },
): Promise<Candidate> {
  const { until, tries, make } = options;
  for (let i = 1; i < tries; i++) {
    const failed = best.scores.instances.map((one) => !reaches(one, until));
    if (!failed.includes(true)) return best;
    const { scene, seed } = best.picture.provenance;
    const instances = scene.instances.map((instance, k) =>
      failed[k]
        ? { ...instance, seed: instanceSeeds + seed % 2 ** 32 + i * 1000 + k }
        : instance
    );
    best = better(best, await make({ ...scene, instances }, seed), until);
  }
  return best;
}

/** The one in which more instances reach what was asked, and of equals the one with better scores. */
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
