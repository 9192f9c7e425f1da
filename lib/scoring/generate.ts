import { checkGenerateOptions } from "../model/check_generate_options.ts";
import { generateOne } from "../model/generate.ts";
import type {
  GenerateOptions,
  SeveralOptions,
} from "../model/generate_options.ts";
import { isChoice, isSeveral } from "../pipeline/options/choice_options.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { best } from "./best.ts";
import { several } from "./several.ts";

/** Makes `n` pictures of `scene`, on one model. */
export function generate(
  scene: SceneData,
  options: SeveralOptions,
  origin?: SceneOrigin,
): Promise<Picture[]>;
/** Makes a picture of `scene`; or several, of which it returns the best. */
export function generate(
  scene: SceneData,
  options?: GenerateOptions,
  origin?: SceneOrigin,
): Promise<Picture>;
export async function generate(
  scene: SceneData,
  options: GenerateOptions | SeveralOptions = {},
  origin: SceneOrigin = {},
): Promise<Picture | Picture[]> {
  checkGenerateOptions(options);
  if (isSeveral(options)) return await several(scene, options, origin);
  if (isChoice(options)) return await best(scene, options, origin);
  return await generateOne(scene, options, origin);
}
