import { fileURLToPath } from "node:url";
import type { Picture, Scene } from "@locref/locref";
import { loadSimilarityEncoder } from "../../eval/image_similarity.ts";
import { cosine } from "../../eval/unit.ts";
import { pixelBox } from "../../lib/images/composite.ts";
import { planesFromRaster, type Raster } from "../../lib/images/raster.ts";
import { cropRaster, resizeRaster } from "../../lib/images/resize.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";

/** Scores pictures of `scene` by CLIP-I: the cosine of each box's crop and its reference. */
export async function instanceScorer(
  scene: Scene,
): Promise<(picture: Picture) => Promise<number[]>> {
  const folder = new URL("../../models/pocket/image_encoder", import.meta.url);
  const { executor } = await openExecutor();
  const path = fileURLToPath(folder);
  const encoder = await loadSimilarityEncoder(path, executor);
  const side = encoder.config.image_size;
  const square = async (raster: Raster) =>
    planesFromRaster(await resizeRaster(raster, { width: side, height: side }));
  const { references } = await scene.preview();
  const wanted = await encoder.embed(await Promise.all(references.map(square)));
  return async (picture) => {
    const crops = scene.instances.map(({ box }) =>
      cropRaster(picture, pixelBox(box, picture))
    );
    const made = await encoder.embed(await Promise.all(crops.map(square)));
    return made.map((vector, i) => cosine(vector, wanted[i]!));
  };
}
