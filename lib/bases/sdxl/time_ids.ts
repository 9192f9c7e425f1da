import type { Size } from "../../core/geometry.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import {
  type SizeCondition,
  type SizeConditions,
  sizeNumbers,
} from "../size_conditions.ts";

/**
 * The numbers of {@linkcode sizeNumbers} for each row of a run.
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

function numbers(
  size: Size,
  { original = size, target = size, crop = { top: 0, left: 0 } }: SizeCondition,
): number[] {
  return sizeNumbers({ original, target, crop });
}
