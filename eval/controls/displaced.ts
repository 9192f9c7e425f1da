import type { Size } from "../../lib/core/geometry.ts";
import { pixelBox } from "../../lib/images/composite.ts";
import type { ControlScene } from "./control_scene.ts";

/** The truth moved to the right by some pixels; its left edge is repeated. */
export function moved(
  { picture, size: { width } }: ControlScene,
  pixels: number,
): Float32Array {
  return picture.map((_, i) => picture[i - Math.min(pixels, i % width)]!);
}

/** The truth, each object turned clockwise about the middle of its box, and all else in the box too. */
export function turned(
  { picture, size, objects }: ControlScene,
  degrees: number,
): Float32Array {
  const out = picture.slice();
  const angle = degrees * Math.PI / 180;
  const cos = Math.cos(angle), sin = Math.sin(angle);
  for (const { box } of objects) {
    const { x, y, width, height } = pixelBox(box, size);
    const middle = { x: x + (width - 1) / 2, y: y + (height - 1) / 2 };
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        const right = column - middle.x, down = row - middle.y;
        const from = {
          x: middle.x + cos * right + sin * down,
          y: middle.y - sin * right + cos * down,
        };
        copyPixel(out, picture, { size, to: row * size.width + column, from });
      }
    }
  }
  return out;
}

/** Copies the colour at a point between pixels, by bilinear interpolation. */
function copyPixel(
  out: Float32Array,
  picture: Float32Array,
  { size: { width, height }, to, from }: {
    readonly size: Size;
    readonly to: number;
    readonly from: { readonly x: number; readonly y: number };
  },
): void {
  const left = Math.min(width - 2, Math.max(0, Math.floor(from.x)));
  const top = Math.min(height - 2, Math.max(0, Math.floor(from.y)));
  const across = Math.min(1, Math.max(0, from.x - left));
  const down = Math.min(1, Math.max(0, from.y - top));
  const cells = width * height;
  for (let plane = 0; plane < 3 * cells; plane += cells) {
    const at = plane + top * width + left;
    const above = picture[at]! * (1 - across) + picture[at + 1]! * across;
    const below = picture[at + width]! * (1 - across) +
      picture[at + width + 1]! * across;
    out[plane + to] = above * (1 - down) + below * down;
  }
}
