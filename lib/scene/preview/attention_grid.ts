import type { PictureSpace } from "../../bases/base.ts";
import type { DenoiserShape } from "../../bases/denoiser_shape.ts";
import { knownModel, openBase } from "../../bases/bases.ts";
import { attentionSizes } from "../../bases/places.ts";
import type { Size } from "../../core/geometry.ts";
import { loadedModel, type LocRef } from "../../model/locref.ts";
import { pocketFolder } from "../../pipeline/load/pocket_folder.ts";
import type { SceneGrid } from "../../pipeline/prepare/scene_warnings.ts";
import { latentSize, renderSize } from "../../pipeline/prepare/render_size.ts";
import {
  type EditedPart,
  editedPart,
} from "../../pipeline/start/edited_part.ts";
import type { ReadStart } from "../../pipeline/start/read_start.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** A model as far as its masks depend on it: loaded, the embedded one, or any Stable Diffusion 1.5. */
export type GridModel = LocRef | "pocket" | "sd15";

/** The grid of a scene on a model, and the part of a photograph that it is painted in. */
export interface EditGrid extends SceneGrid {
  /** Size whose shape the picture takes, before it is rounded to the model's grid. */
  readonly shape: Size;
  readonly edit?: EditedPart;
}

/**
 * The grid of a scene on a model, which need not be loaded.
 *
 * @param start the picture that the scene begins on, whose shape it takes.
 */
export async function attentionGrid(
  scene: SceneData,
  { model = "pocket", start }: { model?: GridModel; start?: ReadStart } = {},
): Promise<EditGrid> {
  const { space, denoiser } = await shapeOf(model);
  const grid = { ...space, latentFactor: space.latent.factor };
  const edit = start && editedPart(start, grid);
  const size = edit?.shape(scene) ?? scene.size;
  const picture = renderSize(grid, { ...scene, size });
  const cells = attentionSizes(denoiser.places(latentSize(grid, picture)));
  return { picture, cells, shape: size ?? picture, edit };
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
