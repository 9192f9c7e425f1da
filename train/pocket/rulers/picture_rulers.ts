/** Rulers that need no model, since the true picture is known. Pictures are `[3, height, width]`, 0..1. */

import type { FractionBox, Size } from "../../../lib/core/geometry.ts";

/** 1 in the pixels of any of the boxes. */
export function boxMask(boxes: readonly FractionBox[], size: Size): Uint8Array {
  const { width, height } = size;
  const mask = new Uint8Array(width * height);
  for (const { x0, y0, x1, y1 } of boxes) {
    const right = Math.min(width, Math.round(x1 * width));
    const bottom = Math.min(height, Math.round(y1 * height));
    for (let y = Math.max(0, Math.round(y0 * height)); y < bottom; y++) {
      mask.fill(
        1,
        y * width + Math.max(0, Math.round(x0 * width)),
        y * width + right,
      );
    }
  }
  return mask;
}

/** Sum of square errors and the number of values that they are of. */
export function squareError(
  picture: Float32Array,
  truth: Float32Array,
  mask?: Uint8Array,
): { sum: number; count: number } {
  const cells = truth.length / 3;
  let sum = 0, count = 0;
  for (let i = 0; i < truth.length; i++) {
    if (mask !== undefined && mask[i % cells] === 0) continue;
    sum += (clamp(picture[i]!) - truth[i]!) ** 2;
    count++;
  }
  return { sum, count };
}

/** Peak signal-to-noise ratio in decibels, of values in 0..1. */
export function decibels(
  { sum, count }: { sum: number; count: number },
): number {
  return -10 * Math.log10(sum / count);
}

/** Differences of the mean colours in 0..1, the root of their mean square. */
export function colourError(
  picture: Float32Array,
  truth: Float32Array,
  mask: Uint8Array,
): number {
  const cells = truth.length / 3;
  let squares = 0;
  for (let c = 0; c < 3; c++) {
    let sum = 0, count = 0;
    for (let i = 0; i < cells; i++) {
      if (mask[i] === 0) continue;
      sum += clamp(picture[c * cells + i]!) - truth[c * cells + i]!;
      count++;
    }
    squares += (sum / Math.max(1, count)) ** 2;
  }
  return Math.sqrt(squares / 3);
}

/** Mean square difference of neighbours whose first pixel lies in the mask: how much detail there is. */
export function edgeEnergy(
  picture: Float32Array,
  size: Size,
  mask: Uint8Array,
): number {
  const { width, height } = size, cells = width * height;
  let sum = 0, count = 0;
  for (let i = 0; i < picture.length; i++) {
    const cell = i % cells, x = cell % width, y = Math.floor(cell / width);
    if (mask[cell] === 0 || x === width - 1 || y === height - 1) continue;
    const value = clamp(picture[i]!);
    sum += (clamp(picture[i + 1]!) - value) ** 2;
    sum += (clamp(picture[i + width]!) - value) ** 2;
    count++;
  }
  return sum / Math.max(1, count);
}

/** Constants of SSIM for values in 0..1 (Wang et al. 2004). */
const c1 = 0.01 ** 2, c2 = 0.03 ** 2;
/** Its window: a Gaussian of deviation 1.5 on 11 pixels. */
const window = (() => {
  const values = Array.from(
    { length: 11 },
    (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)),
  );
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
})();

/** SSIM of grey values at each pixel; windows end at the picture's edges. */
export function ssimMap(
  picture: Float32Array,
  truth: Float32Array,
  size: Size,
): Float32Array {
  const x = greyOf(picture), y = greyOf(truth);
  const product = (a: Float32Array, b: Float32Array) =>
    blur(a.map((value, i) => value * b[i]!), size);
  const mx = blur(x, size), my = blur(y, size);
  const xx = product(x, x), yy = product(y, y), xy = product(x, y);
  return mx.map((m, i) => {
    const n = my[i]!;
    const vx = xx[i]! - m * m, vy = yy[i]! - n * n, both = xy[i]! - m * n;
    return ((2 * m * n + c1) * (2 * both + c2)) /
      ((m * m + n * n + c1) * (vx + vy + c2));
  });
}

/** The mean of a map over a mask, or everywhere. */
export function meanOver(map: Float32Array, mask?: Uint8Array): number {
  let sum = 0, count = 0;
  for (const [i, value] of map.entries()) {
    if (mask !== undefined && mask[i] === 0) continue;
    sum += value;
    count++;
  }
  return sum / Math.max(1, count);
}

function greyOf(planes: Float32Array): Float32Array {
  const cells = planes.length / 3;
  return Float32Array.from(
    { length: cells },
    (_, i) =>
      0.299 * clamp(planes[i]!) + 0.587 * clamp(planes[cells + i]!) +
      0.114 * clamp(planes[2 * cells + i]!),
  );
}

function blur(values: Float32Array, size: Size): Float32Array {
  return along(along(values, size, 1), size, size.width);
}

function along(
  values: Float32Array,
  { width, height }: Size,
  step: number,
): Float32Array {
  const result = new Float32Array(values.length);
  const length = step === 1 ? width : height;
  for (let i = 0; i < values.length; i++) {
    const at = step === 1 ? i % width : Math.floor(i / width);
    let sum = 0, weight = 0;
    for (let k = -5; k <= 5; k++) {
      if (at + k < 0 || at + k >= length) continue;
      sum += window[k + 5]! * values[i + k * step]!;
      weight += window[k + 5]!;
    }
    result[i] = sum / weight;
  }
  return result;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
