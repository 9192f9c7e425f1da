import type { Size } from "../../core/geometry.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { SizeCondition, SizeConditions } from "../base.ts";

/**
 * The six numbers that SDXL's UNet reads for each row (Podell et al. 2023, 2.2): height and width of
 * the original, top and left of the crop, height and width of the target.
 *
 * @param size of the picture.
 * @returns `[2, 6]`, the unconditional branch first.
 */
export function timeIds(size: Size, sizes: SizeConditions = {}): Tensor {
  const { negative, ...scene } = sizes;
  const unconditional = negative === undefined
    ? scene
    : { original: scene.original, target: scene.target, ...negative };
  return tensor(
    [2, 6],
    Float32Array.from([
      ...numbers(size, unconditional),
      ...numbers(size, scene),
    ]),
  );
}

function numbers(size: Size, condition: SizeCondition): number[] {
  const { original = size, target = size } = condition;
  const { top, left } = condition.crop ?? { top: 0, left: 0 };
  return [
    ...[original.height, original.width],
    ...[top, left],
    ...[target.height, target.width],
  ];
}
