import type { Raster } from "../../lib/images/raster.ts";
import type {
  Detector,
  PictureEncoder,
} from "../../lib/pipeline/options/rulers.ts";
import { classIndex } from "../../lib/scoring/class_index.ts";
import { sceneScorer } from "../../lib/scoring/score_picture.ts";
import type { Measurement } from "./record.ts";
import type { EvaluationScene } from "./scene_source.ts";

/** Rulers that pictures are measured with. */
export interface RunRulers {
  readonly detector: Detector;
  readonly encoder: PictureEncoder;
}

/** Detects the objects of a picture once, and scores them and its instances. */
export async function measurePicture(
  picture: Raster,
  scene: EvaluationScene,
  { detector, encoder }: RunRulers,
): Promise<Measurement> {
  const [found] = await detector.detect([picture]);
  const score = await sceneScorer(
    scene.cutOut,
    {
      encoder,
      detector: { ...detector, detect: () => Promise.resolve([found!]) },
    },
    {
      folder: scene.folder,
      categories: scene.categories
        .map((name) => classIndex(detector.classes, name)),
    },
  );
  const { instances, clipT } = await score(picture);
  return {
    ...{ width: picture.width, height: picture.height },
    instances: instances.map((one, i) => {
      const category = scene.categories[i];
      const { x0, y0, x1, y1 } = scene.cutOut.instances[i]!.box;
      const box = [x0, y0, x1, y1] as const;
      return { ...(category !== undefined && { category }), box, ...one };
    }),
    ...(clipT !== undefined && { clipT }),
    detections: found!,
  };
}
