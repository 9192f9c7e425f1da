import type { PictureSpace } from "../../bases/base.ts";
import type { DenoiserShape } from "../../bases/denoiser_shape.ts";
import { knownModel, openBase } from "../../bases/bases.ts";
import { attentionSizes } from "../../bases/places.ts";
import { loadedModel, type LocRef } from "../../model/locref.ts";
import { pocketFolder } from "../../pipeline/load/pocket_folder.ts";
import type { SceneGrid } from "../../pipeline/prepare/scene_warnings.ts";
import { latentSize, renderSize } from "../../pipeline/prepare/render_size.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** A model as far as its masks depend on it: loaded, the embedded one, or any Stable Diffusion 1.5. */
export type GridModel = LocRef | "pocket" | "sd15";

/** The grid of a scene on a model, which need not be loaded. */
export async function attentionGrid(
  scene: SceneData,
  model: GridModel = "pocket",
): Promise<SceneGrid> {
  const { space, denoiser } = await shapeOf(model);
  const { nativeSize, sizeStep, latent } = space;
  const shape = { nativeSize, sizeStep, latentFactor: latent.factor };
  const picture = renderSize(shape, scene);
  const { places } = denoiser;
  return { picture, cells: attentionSizes(places(latentSize(shape, picture))) };
}

async function shapeOf(model: GridModel): Promise<{
  space: PictureSpace;
  denoiser: Pick<DenoiserShape, "places">;
}> {
  if (model === "sd15") {
    const known = knownModel(({ name }) => name === model)!;
    return { space: known, denoiser: known.denoiser };
  }
  const base = model === "pocket"
    ? await openBase(await pocketFolder())
    : loadedModel(model).parts.base;
  return { space: base, denoiser: base };
}
