import type { FractionBox, Size } from "../../core/geometry.ts";

/** Cells that a box touches, 1 each: its edges go outwards to whole cells, as in MS-Diffusion. */
export function boxCells(box: FractionBox, size: Size): Float32Array {
  const { height, width } = size;
  const data = new Float32Array(height * width);
  const [x0, y0] = [Math.floor(box.x0 * width), Math.floor(box.y0 * height)];
  const [x1, y1] = [Math.ceil(box.x1 * width), Math.ceil(box.y1 * height)];
  for (let y = y0; y < y1; y++) data.fill(1, y * width + x0, y * width + x1);
  return data;
}
