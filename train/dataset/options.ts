/** Options of a build, for each picture. */
export interface PictureOptions {
  /** Side of the training pictures in pixels. @default {512} */
  readonly size: number;
  /** Quality of the JPEG pictures and WebP references, 1 … 100. @default {90} */
  readonly quality: number;
  /** Longest side of a reference in pixels. @default {256} */
  readonly refSize: number;
  /** Margin around a reference's box, as a fraction of its sides. @default {0} */
  readonly margin: number;
  /** Whether references carry the mask as their alpha, where there is one. @default {true} */
  readonly cutouts: boolean;
  /** Least part of a box that the centre crop may leave. @default {0.3} */
  readonly keep: number;
  /** Least area of a box as a fraction of the picture. @default {0.005} */
  readonly minArea: number;
  /** Least side of a box in pixels of the original. @default {16} */
  readonly minSide: number;
  /** Largest ratio of a box's sides. @default {8} */
  readonly maxAspect: number;
  /** Largest IoU with a larger instance that is kept. @default {1} */
  readonly maxOverlap: number;
  /** Whether instances that go on outside the picture are dropped. @default {false} */
  readonly dropTruncated: boolean;
  /** Least variance of the Laplacian of the brightness, 0 … 255, inside the box. @default {0} */
  readonly minSharpness: number;
  /** Most instances of a picture; the largest are kept. @default {8} */
  readonly maxInstances: number;
  /** Names of the classes to keep; all where absent. */
  readonly classes?: readonly string[];
  /** Most pixels of a picture that is decoded. @default {100000000} */
  readonly maxPixels: number;
  /**
   * Whether references show the instance itself, or another one of its class in another picture of
   * the same split. @default {"same"}
   */
  readonly reference: ReferenceSource;
  /**
   * How the original pictures are kept, named by their SHA-256: `link` makes hard links where the
   * file system has them and copies elsewhere, `copy` copies, `none` keeps none. @default {"link"}
   */
  readonly originals: OriginalForm;
}

/** Values of {@linkcode PictureOptions.reference}. */
export const referenceSources: readonly ["same", "other"] = ["same", "other"];

/** Picture that a reference is cut from. */
export type ReferenceSource = "same" | "other";

/** Values of {@linkcode PictureOptions.originals}. */
export const originalForms: readonly ["link", "copy", "none"] = [
  "link",
  "copy",
  "none",
];

/** Form in which original pictures are kept. */
export type OriginalForm = "link" | "copy" | "none";

/** The options that hold where none is given. */
export const pictureDefaults: PictureOptions = {
  size: 512,
  quality: 90,
  refSize: 256,
  margin: 0,
  cutouts: true,
  keep: 0.3,
  minArea: 0.005,
  minSide: 16,
  maxAspect: 8,
  maxOverlap: 1,
  dropTruncated: false,
  minSharpness: 0,
  maxInstances: 8,
  maxPixels: 100_000_000,
  reference: "same",
  originals: "link",
};
