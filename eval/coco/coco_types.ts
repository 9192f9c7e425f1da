import type { Segmentation } from "../../train/dataset/sources/rle.ts";

/** One true object of a COCO file. */
export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number | string;
  readonly category_id: number;
  /** x, y, width, height in pixels. */
  readonly bbox: readonly number[];
  /** In pixels, of the mask where there is one. */
  readonly area: number;
  readonly iscrowd?: number | boolean;
  readonly segmentation?: Segmentation;
}

/** A COCO file of true objects. */
export interface CocoGroundTruth {
  readonly images: readonly {
    readonly id: number | string;
    readonly width?: number;
    readonly height?: number;
  }[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly {
    readonly id: number;
    readonly name?: string;
  }[];
}

/** One detection of a COCO results file. */
export interface CocoDetection {
  readonly image_id: number | string;
  readonly category_id: number;
  readonly score: number;
  /** x, y, width, height in pixels. */
  readonly bbox?: readonly number[];
  readonly segmentation?: Segmentation;
}

/** COCO's twelve numbers, −1 where there is nothing to measure. */
export interface CocoScores {
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  readonly ARs: number;
  readonly ARm: number;
  readonly ARl: number;
}
