/** A soft mask over the whole canvas: 0 outside, 1 inside. */
export interface SoftMask {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Row by row, `[height · width]`, each 0 to 1. */
  readonly data: Float32Array;
}
