import type { SizeCondition } from "./base.ts";

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
