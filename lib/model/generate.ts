import { drawSeed } from "../pipeline/draw_seed.ts";
import { makePicture } from "../pipeline/make_picture.ts";
import { isChoice, isSeveral } from "../pipeline/options/choice_options.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import { run } from "../pipeline/run.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { checkGenerateOptions } from "./check_generate_options.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { useModel } from "./use_model.ts";
import type { StepGenerator } from "./run.ts";

/**
 * Makes a picture of `scene`, yielding after every step; the picture is the generator's return value.
 *
 * @throws {LocRefError | RangeError} before the first step, if scene, options or model are wrong.
 */
export async function* generateSteps(
  scene: SceneData,
  options: GenerateOptions = {},
  origin: SceneOrigin = {},
): StepGenerator {
  checkGenerateOptions(options, "steps");
  if (isChoice(options) || isSeveral(options)) {
    throw new TypeError(
      "Options n, keep, until, tries and rulers choose among pictures: there are steps of one picture only, use generate",
    );
  }
  if (options.onStep !== undefined) {
    throw new TypeError(
      "Option onStep is for generate: steps() itself yields after every step",
    );
  }
  options.signal?.throwIfAborted();
  await using used = await useModel(options, scene);
  const { model: _, backend: _backend, ...rest } = drawSeed(options);
  return yield* run({ scene, model: used.model, origin }, rest);
}

/** Makes one picture of `scene`. */
export async function generateOne(
  scene: SceneData,
  options: GenerateOptions,
  origin: SceneOrigin = {},
): Promise<Picture> {
  options.signal?.throwIfAborted();
  await using used = await useModel(options, scene);
  const { model: _, backend: _backend, ...rest } = options;
  return await makePicture(
    { scene, model: used.model, origin },
    rest,
  );
}
