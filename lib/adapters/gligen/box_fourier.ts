import { type Tensor, tensor } from "../../core/tensor.ts";
import type { FractionBox } from "../../core/geometry.ts";

/** Frequencies of a coordinate. */
const frequencies = 8;

/** Values that a box becomes. */
export const boxFourierWidth: number = 2 * frequencies * 4;

/** Order of a box's coordinates: GLIGEN's is `x0 y0 x1 y1`, MIGC's `x0 x1 y0 y1`. */
export type CoordinateOrder = "xyxy" | "xxyy";

/**
 * Sines and cosines of boxes (GLIGEN, Li et al. 2023, eq. 5): frequency by frequency, the sines of
 * all four coordinates before their cosines. The frequencies are 100 to the powers 0, 1/8 … 7/8.
 *
 * @returns `[boxes, 64]`.
 */
export function boxFourier(
  boxes: readonly FractionBox[],
  order: CoordinateOrder = "xyxy",
): Tensor {
  const data = new Float32Array(boxes.length * boxFourierWidth);
  boxes.forEach(({ x0, y0, x1, y1 }, i) => {
    const corners = order === "xyxy" ? [x0, y0, x1, y1] : [x0, x1, y0, y1];
    for (let f = 0; f < frequencies; f++) {
      const frequency = 100 ** (f / frequencies);
      corners.forEach((value, c) => {
        const at = i * boxFourierWidth + f * 8 + c;
        data[at] = Math.sin(frequency * value);
        data[at + 4] = Math.cos(frequency * value);
      });
    }
  });
  return tensor([boxes.length, boxFourierWidth], data);
}
