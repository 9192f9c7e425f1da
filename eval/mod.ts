/**
 * Evaluation: COCO's numbers to pycocotools' digits, intervals by bootstrap, and the scores of one
 * picture by rulers.
 *
 * @module
 */

export { cocoEval } from "./coco/coco_eval.ts";
export type { CocoEvalOptions, CocoResults } from "./coco/coco_eval.ts";
export { readCocoDetections, readCocoTruth } from "./coco/read_coco_files.ts";
export type { CheckedTruth } from "./coco/read_coco_files.ts";
export type {
  CocoAnnotation,
  CocoDetection,
  CocoGroundTruth,
  CocoScores,
} from "./coco/coco_types.ts";
export { bootstrapInterval, bootstrapIntervals } from "./run/bootstrap.ts";
export type { BootstrapOptions, Interval } from "./run/bootstrap.ts";
export { sceneScorer } from "../lib/scoring/score_picture.ts";
export type {
  SceneScorer,
  SceneScorerOptions,
  ScoredPicture,
} from "../lib/scoring/score_picture.ts";
export type { ImageSizes } from "./coco/coco_entries.ts";
export type { IouType } from "./coco/coco_pairs.ts";
export type { SourceAccess } from "../lib/images/read_source.ts";
export type { Segmentation } from "../train/dataset/sources/rle.ts";
