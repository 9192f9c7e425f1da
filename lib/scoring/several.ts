import type { GenerateOptions } from "../model/generate_options.ts";
import { useModel } from "../model/use_model.ts";
import { drawSeed } from "../pipeline/draw_seed.ts";
import { makePicture } from "../pipeline/make_picture.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";

/** Makes `n` pictures of `scene` on one model, with seeds that follow each other. */
export async function several(
  scene: SceneData,
  options: GenerateOptions,
  origin: SceneOrigin,
): Promise<Picture[]> {
  const { n = 1, seed = 0, model: _, backend: _backend, ...rest } = drawSeed(
    options,
  );
  await using used = await useModel(options, scene);
  const { model } = used;
  const pictures: Picture[] = [];
  for (let i = 0; i < n; i++) {
    const one = { ...rest, seed: seed + i };
    pictures.push(await makePicture({ scene, model, origin }, one));
  }
  return pictures;
}
