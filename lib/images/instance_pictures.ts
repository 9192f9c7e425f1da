import type { Raster } from "./raster.ts";
import type { SoftMask } from "./masks/soft_mask.ts";

/** The pictures of one instance, decoded. */
export interface InstancePictures {
  /** The reference, cut out as the instance asks. */
  readonly reference: Raster;
  /** Further pictures of the instance, cut out in the same way. @default {none} */
  readonly others?: readonly Raster[];
  /** A picture that the instance shall not look like. */
  readonly negative?: Raster;
  /** A soft mask in place of the box. */
  readonly region?: SoftMask;
  /** Doubts about the pictures, one sentence each, beginning with the instance. */
  readonly warnings: readonly string[];
}
