import { rasterFromPlanes } from "../../lib/images/raster.ts";
import type { Detector } from "../../lib/pipeline/options/rulers.ts";
import type { PocketWorld } from "../../train/pocket/objects/pocket_world.ts";
import type { Estimate } from "../run/estimate.ts";
import { precisions } from "../run/precision.ts";
import type { Measurement } from "../run/record.ts";
import type { ControlScene } from "./control_scene.ts";

/** Options of {@linkcode detectedPrecisions}. */
export interface DetectionOptions {
  readonly detector: Detector;
  /** Names the classes of the scenes' objects. */
  readonly world: PocketWorld;
}

/** How often scenes are drawn anew for the intervals of precisions. */
const rounds = 100;

/**
 * COCO's average precision of pictures, over IoU 0.5 to 0.95 and at 0.5, classes being subgroups. All
 * objects of a scene count, those that only its caption names too. There is one list of pictures a
 * noise seed, each over the same scenes.
 */
export async function detectedPrecisions(
  seeds: readonly (readonly Float32Array[])[],
  scenes: readonly ControlScene[],
  options: DetectionOptions,
): Promise<readonly [Estimate, Estimate]> {
  const measured: Measurement[][] = [];
  for (const pictures of seeds) {
    measured.push(await detections(pictures, scenes, options));
  }
  const { classes } = options.detector;
  return precisions(measured, { classes, rounds });
}

async function detections(
  pictures: readonly Float32Array[],
  scenes: readonly ControlScene[],
  { detector, world }: DetectionOptions,
): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  for (const [i, picture] of pictures.entries()) {
    const { size: { width, height }, objects, captionObjects } = scenes[i]!;
    const raster = rasterFromPlanes(picture, width, height);
    const [detections] = await detector.detect([raster]);
    measured.push({
      ...{ width, height },
      instances: [...objects, ...captionObjects].map(({ index, box }) => ({
        category: world.objects[index]!.subgroup,
        box: [box.x0, box.y0, box.x1, box.y1],
      })),
      detections: detections!,
    });
  }
  return measured;
}
