import {
  bootstrapInterval,
  type Interval,
  mean,
} from "../../../eval/bootstrap.ts";
import { cocoEval } from "../../../eval/coco/coco_eval.ts";
import type { SimilarityEncoder } from "../../../lib/scoring/encoders/image_similarity.ts";
import { cosine } from "../../../lib/scoring/encoders/unit.ts";
import { suppress } from "../../../lib/scoring/detectors/nms.ts";
import type { Detection } from "../../../lib/pipeline/options/rulers.ts";
import type { PocketDetector } from "../../../lib/scoring/detectors/pocket_detector.ts";
import {
  cropLayer,
  type Layer,
  layerPlanes,
  resizeLayer,
} from "../stages/layer.ts";
import type { PocketScene, PocketWorld } from "../world/scenes.ts";

/** The rulers: neither took part in making the pictures. */
export interface Rulers {
  readonly detector: PocketDetector;
  readonly encoder: SimilarityEncoder;
}

/** What one picture scored. */
export interface PictureScore {
  readonly scene: PocketScene;
  readonly detections: readonly Detection[];
  /** CLIP-I of each instance: its box in the picture beside its reference. */
  readonly similarities: readonly number[];
}

/** One row of the ablation: means over the noise seeds. */
export interface AblationRow {
  readonly name: string;
  /** COCO's AP over IoU 0.5 to 0.95, classes being the objects' subgroups. */
  readonly map: number;
  readonly map50: number;
  /** AP over IoU 0.5 to 0.95 with all classes taken as one. */
  readonly mapAgnostic: number;
  /** AP at IoU 0.5 with all classes taken as one. */
  readonly map50Agnostic: number;
  readonly clip_i: number;
  /** 95 % bootstrap intervals: scenes are drawn anew, each with all its seeds. */
  readonly ci95: { readonly map50: Interval; readonly clip_i: Interval };
}

/** Detects and compares the objects of one picture `[3, side, side]`, 0..1. */
export async function scorePicture(
  scene: PocketScene,
  picture: Float32Array,
  { detector, encoder }: Rulers,
): Promise<PictureScore> {
  const side = Math.sqrt(picture.length / 3);
  const layer = planesLayer(picture, side);
  const crops = scene.objects.map(({ box }) => {
    const x = Math.round(box.x0 * side), y = Math.round(box.y0 * side);
    const width = Math.round(box.x1 * side) - x,
      height = Math.round(box.y1 * side) - y;
    const crop = cropLayer(layer, { x, y, width, height });
    const { image_size } = encoder.config;
    return layerPlanes(resizeLayer(crop, image_size, image_size));
  });
  const references = scene.objects.map(({ reference }) => reference);
  const vectors = await encoder.embed([...crops, ...references]);
  const [detections] = await detector.detect([picture]);
  return {
    scene,
    detections: detections!,
    similarities: crops.map((_, i) =>
      cosine(vectors[i]!, vectors[crops.length + i]!)
    ),
  };
}

function planesLayer(planes: Float32Array, side: number): Layer {
  const cells = side * side;
  const data = new Float32Array(4 * cells).fill(1);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) data[i * 4 + c] = planes[c * cells + i]!;
  }
  return { width: side, height: side, data };
}

/** How often scenes are drawn anew for the interval of an average precision. */
const precisionRounds = 100;

/** Scores of a row from those of its pictures: one list a noise seed, each over the same scenes. */
export function scoreRow(
  name: string,
  seeds: readonly (readonly PictureScore[])[],
  options: { world: PocketWorld; classes: readonly string[] },
): AblationRow {
  const count = seeds[0]!.length;
  const all = [...seeds[0]!.keys()];
  const precision = (indices: readonly number[], agnostic: boolean) => {
    const each = seeds.map((scores) =>
      cocoOf(indices.map((i) => scores[i]!), { ...options, agnostic })
    );
    const over = (key: "AP" | "AP50") => mean(each.map((one) => one[key]));
    return { map: over("AP"), map50: over("AP50") };
  };
  const similarity = (indices: readonly number[]) =>
    mean(
      seeds.flatMap((scores) =>
        indices.flatMap((i) => scores[i]!.similarities)
      ),
    );
  const agnostic = precision(all, true);
  return {
    name,
    ...precision(all, false),
    mapAgnostic: agnostic.map,
    map50Agnostic: agnostic.map50,
    clip_i: similarity(all),
    ci95: {
      map50: bootstrapInterval(
        count,
        (indices) => precision(indices, false).map50,
        { rounds: precisionRounds },
      ),
      clip_i: bootstrapInterval(count, similarity),
    },
  };
}

function cocoOf(
  scores: readonly PictureScore[],
  options: {
    world: PocketWorld;
    classes: readonly string[];
    agnostic: boolean;
  },
) {
  const { world, classes, agnostic } = options;
  const side = 640; // COCO's ranges of area are in pixels; boxes are given as if pictures were this large
  const xywh = ([x0, y0, x1, y1]: readonly number[]) =>
    [x0!, y0!, x1! - x0!, y1! - y0!].map((value) => value * side);
  const annotations = scores.flatMap(({ scene }, image) =>
    scene.objects.map(({ index, box }) => {
      const bbox = xywh([box.x0, box.y0, box.x1, box.y1]);
      const category = classes.indexOf(world.objects[index]!.subgroup);
      return {
        image_id: image,
        category_id: agnostic ? 0 : category,
        bbox,
        area: bbox[2]! * bbox[3]!,
      };
    })
  ).map((one, i) => ({ id: i + 1, ...one }));
  // One object that two classes claim is one detection where classes do not count.
  const found = scores.flatMap(({ detections }, image) =>
    (agnostic ? suppress(detections, { agnostic }) : detections).map((
      { box, category, score },
    ) => ({
      image_id: image,
      category_id: agnostic ? 0 : category,
      bbox: xywh(box),
      score,
    }))
  );
  const truth = {
    images: scores.map((_, id) => ({ id })),
    annotations,
    categories: classes.map((_, id) => ({ id })),
  };
  return cocoEval(truth, found).scores;
}
