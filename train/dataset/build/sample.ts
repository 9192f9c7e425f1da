/** Contents of a sample's `KEY.json`. */

/** One instance as training and evaluation read it. */
export interface SampleInstance {
  /** The annotation's id. */
  readonly id: string;
  /** Name of the class. */
  readonly category: string;
  /** Left, top, right, bottom, as fractions of the training picture. */
  readonly box_xyxy_fraction: readonly [number, number, number, number];
  /** Area in pixels of the original: the annotation's own, else the mask's, else the box's. */
  readonly area: number;
  /** The reference is `KEY.refN.webp`. */
  readonly ref: number;
  /** Whether the reference's alpha is the instance's mask. */
  readonly cutout: boolean;
  /** The picture and the annotation that the reference shows, where it is not this one. */
  readonly reference?: { readonly picture: string; readonly id: string };
  /** The annotation as it was: the box's numbers, and the mask's runs in COCO's packed form. */
  readonly original: {
    readonly box: readonly number[];
    readonly mask?: {
      readonly size: readonly number[];
      readonly counts: string;
    };
  };
}

/** One captioned scene. */
export interface Sample {
  /** Name of the sample's files. */
  readonly key: string;
  /** `null` where there is none. */
  caption: string | null;
  /** Why a requested caption is missing. */
  caption_error?: string;
  /** Width of the training picture, in pixels. */
  readonly width: number;
  /** Height of the training picture, in pixels. */
  readonly height: number;
  /** The picture as it was. */
  readonly source: {
    readonly dataset: string;
    readonly id: string;
    readonly file: string;
    readonly url: string;
    /** SHA-256 of the original file. */
    readonly sha256: string;
    /** Where the file as it was is kept in the data set's folder, if it is. */
    readonly original?: string;
    readonly width: number;
    readonly height: number;
    /** Part of the upright original that the picture shows: left, top, width, height. */
    readonly crop: readonly [number, number, number, number];
    /** Degrees counterclockwise that the original was turned by. */
    readonly rotation: number;
  };
  /** As stated by the annotations. */
  readonly licence: string;
  /** In the order of the references. */
  readonly instances: SampleInstance[];
}
