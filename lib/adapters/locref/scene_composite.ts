import type { Size } from "../../core/geometry.ts";
import { compositeImage } from "../../images/composite.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import type { Raster } from "../../images/raster.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/**
 * The composite image of a scene (III-C): references in their boxes on black, nearer ones above.
 *
 * @param ground a picture of this size in place of the black canvas.
 */
export async function sceneComposite(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  size: Size,
  ground?: Raster,
): Promise<Raster> {
  const placed = scene.instances.map((instance, i) => ({
    raster: pictures[i]!.reference,
    box: instance.box,
    z: instance.z,
    fit: instance.fit,
  }));
  // Sorting is stable: of equal depths the later placed one stays in front.
  const sorted = placed.toSorted((a, b) => a.z - b.z);
  return await compositeImage(size, sorted, ground);
}
