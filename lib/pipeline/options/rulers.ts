import type { Raster } from "../../images/raster.ts";

/** A detected object. */
export interface Detection {
  /** Left, top, right, bottom, as fractions of the picture. */
  readonly box: readonly [number, number, number, number];
  /** Index of its class. */
  readonly category: number;
  /** 0..1. */
  readonly score: number;
}

/** A detector of objects, for pictures of any size. */
export interface Detector {
  /** Names of the classes, in the order of {@linkcode Detection.category}. */
  readonly classes: readonly string[];
  /** Files that it was read from, for records of measurements. */
  readonly files?: readonly string[];
  /** Objects in each picture, best first. */
  detect(pictures: readonly Raster[]): Promise<Detection[][]>;
  /** Frees the detector's memory. */
  dispose(): Promise<void>;
}

/** An encoder by which pictures are compared with pictures, and with words where it reads them. */
export interface PictureEncoder {
  /** Files that it was read from, for records of measurements. */
  readonly files?: readonly string[];
  /** Unit vectors of pictures of any size; transparent parts count as black. */
  embed(pictures: readonly Raster[]): Promise<Float32Array[]>;
  /** Unit vectors of captions in the same space; absent where the encoder has no text tower. */
  embedText?(captions: readonly string[]): Promise<Float32Array[]>;
  /** Frees the encoder's memory. */
  dispose(): Promise<void>;
}

/** Models that measure pictures; neither may be a model that generation used. */
export interface Rulers {
  /** For boxes; without it there are no IoU and no success. */
  readonly detector?: Detector;
  /** For likeness. */
  readonly encoder?: PictureEncoder;
}

/** Scores of one instance of a picture. */
export interface InstanceScore {
  /** IoU of the requested box and the detection that fits it best, 0 where nothing was found. */
  readonly iou?: number;
  /** Whether `iou` is at least 0.5 (success of MIGC). */
  readonly success?: boolean;
  /** CLIP-I (IV-B): cosine of the box's content and the reference as given, −1..1. */
  readonly clipI?: number;
  /** The same beside the reference cut out, on black. */
  readonly clipICutOut?: number;
  /** Highest cosine of the box's content and another instance's reference; absent where it is alone. */
  readonly leakage?: number;
}

/** Scores of a picture. */
export interface PictureScores {
  /** In the order of the scene's instances. */
  readonly instances: readonly InstanceScore[];
  /** CLIP-T: cosine of the picture and its caption, where the encoder reads words. */
  readonly clipT?: number;
}
