import type { Size } from "../core/geometry.ts";
import type { InstancePictures } from "../images/instance_pictures.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { boxCoverage, regionCoverage } from "./coverage.ts";

/** Coverage M of an instance's box, or of its soft region, `[height · width]`. */
export function instanceCoverage(
  data: SceneData,
  pictures: readonly InstancePictures[],
  index: number,
  size: Size,
): Float32Array {
  const region = pictures[index]!.region;
  return region
    ? regionCoverage(region, size)
    : boxCoverage(data.instances[index]!.box, size);
}
