import type { Segmentation } from "../../train/dataset/sources/rle.ts";

/** One true object of a COCO file. */
export interface CocoAnnotation {
  /** Number of the object in the file. */
  readonly id: number;
  /** Picture that shows it. */
  readonly image_id: number | string;
  /** Class of the object. */
  readonly category_id: number;
  /** x, y, width, height in pixels. */
  readonly bbox: readonly number[];
  /** In pixels, of the mask where there is one. */
  readonly area: number;
  /** Whether it stands for a crowd, which no detection has to match. @default {false} */
  readonly iscrowd?: number | boolean;
  /** Mask of the object. */
  readonly segmentation?: Segmentation;
}

/** A COCO file of true objects. */
export interface CocoGroundTruth {
  /** Pictures, with their sizes in pixels where masks are compared. */
  readonly images: readonly {
    readonly id: number | string;
    readonly width?: number;
    readonly height?: number;
  }[];
  /** True objects. */
  readonly annotations: readonly CocoAnnotation[];
  /** Classes. */
  readonly categories: readonly {
    readonly id: number;
    readonly name?: string;
  }[];
}

/** One detection of a COCO results file. */
export interface CocoDetection {
  /** Picture in which it was found. */
  readonly image_id: number | string;
  /** Class that was found. */
  readonly category_id: number;
  /** Confidence; higher is surer. */
  readonly score: number;
  /** x, y, width, height in pixels. */
  readonly bbox?: readonly number[];
  /** Mask that was found. */
  readonly segmentation?: Segmentation;
}

/** COCO's twelve numbers, −1 where there is nothing to measure. */
export interface CocoScores {
  /** Average precision, mean over IoU 0.50 … 0.95. */
  readonly AP: number;
  /** Average precision at IoU 0.50. */
  readonly AP50: number;
  /** Average precision at IoU 0.75. */
  readonly AP75: number;
  /** AP of objects under 32² pixels. */
  readonly APs: number;
  /** AP of objects of 32² … 96² pixels. */
  readonly APm: number;
  /** AP of objects over 96² pixels. */
  readonly APl: number;
  /** Average recall with 1 detection a picture. */
  readonly AR1: number;
  /** Average recall with 10 detections a picture. */
  readonly AR10: number;
  /** Average recall with 100 detections a picture. */
  readonly AR100: number;
  /** AR100 of objects under 32² pixels. */
  readonly ARs: number;
  /** AR100 of objects of 32² … 96² pixels. */
  readonly ARm: number;
  /** AR100 of objects over 96² pixels. */
  readonly ARl: number;
}
