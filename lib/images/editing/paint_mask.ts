import { LocRefError } from "../../core/error.ts";
import {
  boxesOverlap,
  type FractionBox,
  type Size,
} from "../../core/geometry.ts";
import { pixelBox } from "../composite.ts";
import type { Raster } from "../raster.ts";

/** Pixels that are painted anew: 1 inside, 0 where the picture is kept. */
export interface PaintMask extends Size {
  /** Row by row, `[height · width]`. */
  readonly data: Uint8Array;
}

/**
 * The pixels that a mask's picture marks: lighter than half, and opaque.
 *
 * @param name the beginning of messages, such as `Mask "mask.png"`.
 * @throws {LocRefError} `image-invalid` if it marks none, or all of them.
 */
export function paintMask(mask: Raster, name: string): PaintMask {
  const { width, height, data } = mask;
  const painted = new Uint8Array(width * height);
  for (let i = 0; i < painted.length; i++) {
    const light = (data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!) / 3;
    painted[i] = light * data[4 * i + 3]! / 255 >= 127.5 ? 1 : 0;
  }
  const count = painted.reduce((sum, one) => sum + one, 0);
  if (count === 0 || count === painted.length) {
    throw new LocRefError(
      "image-invalid",
      count === 0
        ? `${name} is empty: what is painted anew must be white in it${
          isTransparent(mask)
            ? ", and its transparent part is kept: fill that with white, the rest with black"
            : ""
        }`
        : `${name} is full: what is kept must be black in it, or leave the mask out`,
    );
  }
  return { width, height, data: painted };
}

/** Whether a part of a mask's picture is transparent, as some programs mark what is painted anew. */
export function isTransparent({ data }: Raster): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at]! < 128) return true;
  return false;
}

/** The pixels of boxes. */
export function paintBoxes(
  boxes: readonly FractionBox[],
  { width, height }: Size,
): PaintMask {
  const data = new Uint8Array(width * height);
  for (const box of boxes) {
    const inside = pixelBox(box, { width, height });
    for (let row = inside.y; row < inside.y + inside.height; row++) {
      const from = row * width + inside.x;
      data.fill(1, from, from + inside.width);
    }
  }
  return { width, height, data };
}

/** Surroundings of boxes that are painted anew. */
export interface PaintAroundOptions {
  /** Width of the blend, in pixels. */
  readonly feather: number;
  /** Places beside the boxes that are painted, too. @default {none} */
  readonly freed?: readonly FractionBox[];
  /** Boxes of instances. */
  readonly others: readonly FractionBox[];
}

/**
 * The pixels of boxes, of freed places beside them, and of the blend around both. Places and blend
 * end where a box of `others` begins that overlaps no box, since what stands there is kept to the
 * byte.
 */
export function paintAround(
  boxes: readonly FractionBox[],
  size: Size,
  { feather, freed = [], others }: PaintAroundOptions,
): PaintMask {
  const inside = paintBoxes(boxes, size);
  const grown = growMask(paintBoxes([...boxes, ...freed], size), feather);
  const apart = others.filter((one) =>
    !boxes.some((box) => boxesOverlap(one, box))
  );
  const kept = paintBoxes(apart, size).data;
  const data = grown.data.map((one, i) =>
    inside.data[i] === 1 ? 1 : kept[i] === 1 ? 0 : one
  );
  return { ...size, data };
}

/** The mask grown by `pixels` in every direction. */
export function growMask(mask: PaintMask, pixels: number): PaintMask {
  const distances = distanceTo(mask, 1, pixels + 1);
  const data = Uint8Array.from(distances, (one) => one <= pixels ? 1 : 0);
  return { ...mask, data };
}

/**
 * How far each pixel lies from the nearest one that holds `value`, in pixels along rows and columns
 * or diagonally, up to `most`.
 */
export function distanceTo(
  { width, height, data }: PaintMask,
  value: 0 | 1,
  most: number,
): Float32Array {
  const far = Float32Array.from(data, (one) => one === value ? 0 : most);
  const visit = (row: number, column: number, step: 1 | -1) => {
    const at = row * width + column;
    let nearest = far[at]!;
    const look = (y: number, x: number) => {
      if (y < 0 || y >= height || x < 0 || x >= width) return;
      nearest = Math.min(nearest, far[y * width + x]! + 1);
    };
    look(row, column - step);
    for (const x of [column - 1, column, column + 1]) look(row - step, x);
    far[at] = nearest;
  };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) visit(row, column, 1);
  }
  for (let row = height - 1; row >= 0; row--) {
    for (let column = width - 1; column >= 0; column--) visit(row, column, -1);
  }
  return far;
}

/** The mask at the latents' size by the nearest pixel, `[height · width]`, 0 or 1. */
export function latentMask(
  { width, height, data }: PaintMask,
  size: Size,
): Float32Array {
  const cells = new Float32Array(size.width * size.height);
  for (let i = 0; i < size.height; i++) {
    const row = Math.floor(i * height / size.height) * width;
    for (let j = 0; j < size.width; j++) {
      const column = Math.floor(j * width / size.width);
      cells[i * size.width + j] = data[row + column]!;
    }
  }
  return cells;
}
