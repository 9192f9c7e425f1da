import type { Size } from "../core/geometry.ts";

/** Sizes that SDXL was trained with, in pixels (Podell et al. 2023, 2.2). */
export interface SizeCondition {
  /** Size of the training picture before it was resized. @default {that of the picture} */
  readonly original?: Size;
  /** Corner of the part that was cut out of it. @default {{ left: 0, top: 0 }} */
  readonly crop?: { readonly left: number; readonly top: number };
  /** Size of that part. @default {that of the picture} */
  readonly target?: Size;
}

/** Sizes for the scene, and for the unconditional branch. */
export interface SizeConditions extends SizeCondition {
  /** Sizes of the unconditional branch. @default {those of the scene} */
  readonly negative?: SizeCondition;
}

/**
 * The six numbers that SDXL's UNet reads of a row (Podell et al. 2023, 2.2): height and width of the
 * original, top and left of the crop, height and width of the target.
 */
export function sizeNumbers(
  { original, crop, target }: Required<SizeCondition>,
): number[] {
  return [
    ...[original.height, original.width],
    ...[crop.top, crop.left],
    ...[target.height, target.width],
  ];
}
