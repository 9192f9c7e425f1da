import type { Size } from "../../core/geometry.ts";
import type { PaintMask } from "./paint_mask.ts";

/** A rectangle of pixels. */
export interface PixelArea extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * The rectangle around what a mask marks, with `padding` pixels on every side, grown to the shape of
 * `render` as far as the picture allows: what "only the masked part" is painted at full resolution.
 */
export function maskedArea(
  mask: PaintMask,
  { padding, render }: { padding: number; render: Size },
): PixelArea {
  const { x, y, width, height } = bounds(mask);
  const shape = render.width / render.height;
  const least = { width: width + 2 * padding, height: height + 2 * padding };
  const wanted = least.width / least.height < shape
    ? { width: Math.ceil(least.height * shape), height: least.height }
    : { width: least.width, height: Math.ceil(least.width / shape) };
  const across = span(x + width / 2, wanted.width, mask.width);
  const down = span(y + height / 2, wanted.height, mask.height);
  return {
    x: across.from,
    width: across.length,
    y: down.from,
    height: down.length,
  };
}

/** The least rectangle around all marked pixels. */
export function bounds({ width, height, data }: PaintMask): PixelArea {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (data[row * width + column] === 0) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = row;
    }
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** A length around a centre, moved to lie inside and cut to what fits. */
function span(
  centre: number,
  length: number,
  whole: number,
): { from: number; length: number } {
  if (length >= whole) return { from: 0, length: whole };
  const from = Math.round(centre - length / 2);
  return { from: Math.min(whole - length, Math.max(0, from)), length };
}

/** The part of a mask inside a rectangle. */
export function cropMask(mask: PaintMask, area: PixelArea): PaintMask {
  const data = new Uint8Array(area.width * area.height);
  for (let row = 0; row < area.height; row++) {
    const from = (area.y + row) * mask.width + area.x;
    data.set(mask.data.subarray(from, from + area.width), row * area.width);
  }
  return { width: area.width, height: area.height, data };
}

/** A mask at another size, by the nearest pixel. */
export function resizeMask(mask: PaintMask, size: Size): PaintMask {
  const data = new Uint8Array(size.width * size.height);
  for (let row = 0; row < size.height; row++) {
    const from = Math.floor(row * mask.height / size.height) * mask.width;
    for (let column = 0; column < size.width; column++) {
      data[row * size.width + column] = mask
        .data[from + Math.floor(column * mask.width / size.width)]!;
    }
  }
  return { ...size, data };
}
