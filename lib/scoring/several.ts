import { generateOne } from "../model/generate.ts";
import type { GenerateOptions } from "../model/generate_options.ts";
import { useModel } from "../model/kept_models.ts";
import { drawSeed } from "../pipeline/draw_seed.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";

/** Makes `n` pictures of `scene` on one model, with seeds that follow each other. */
export async function several(
  scene: SceneData,
  options: GenerateOptions,
  origin: SceneOrigin,
): Promise<Picture[]> {
  const { n = 1, seed = 0, ...rest } = drawSeed(options);
  await using used = await useModel(options);
  const { model } = used;
  const pictures: Picture[] = [];
  for (let i = 0; i < n; i++) {
    const one = { ...rest, model, seed: seed + i };
    pictures.push(await generateOne(scene, one, origin));
  }
  return pictures;
}
