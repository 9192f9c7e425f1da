import type { Layer } from "../stages/layer.ts";
import type { Light } from "./light.ts";

/** How dark shadows are, at most. */
const darkness = { cast: 0.42, contact: 0.35 } as const;

/**
 * Darkens `below` where an object at x, y keeps the light away: a soft shadow on the far side of the
 * light, and a narrow dark one where it touches the ground.
 */
export function castShadow(
  below: Layer,
  object: Layer,
  at: { readonly x: number; readonly y: number; readonly light: Light },
): void {
  const { x, y, light: { from } } = at;
  const side = Math.max(object.width, object.height);
  const away = 0.09 * side;
  darken(below, softAlpha(object, 0.05 * side), {
    x: x - from[0] * away,
    y: y - from[1] * away,
    strength: darkness.cast,
  });
  darken(below, softAlpha(object, 0.02 * side), {
    x: x - from[0] * 0.02 * side,
    y: y + 0.03 * side,
    strength: darkness.contact,
  });
}

/** One value a pixel, with a margin for what blur spreads. */
interface SoftMask {
  readonly width: number;
  readonly height: number;
  readonly margin: number;
  readonly data: Float32Array;
}

/** The layer's alpha, blurred by two boxes of `radius` pixels. */
function softAlpha(layer: Layer, radius: number): SoftMask {
  const reach = Math.max(1, Math.round(radius));
  const margin = 2 * reach;
  const width = layer.width + 2 * margin, height = layer.height + 2 * margin;
  let data = new Float32Array(width * height);
  for (let y = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++) {
      data[(y + margin) * width + x + margin] = layer
        .data[(y * layer.width + x) * 4 + 3]!;
    }
  }
  for (let pass = 0; pass < 2; pass++) {
    data = boxBlur(data, { lines: height, length: width, reach, step: 1 });
    data = boxBlur(data, { lines: width, length: height, reach, step: width });
  }
  return { width, height, margin, data };
}

/** The running mean over `2 · reach + 1` values along one direction. */
function boxBlur(
  data: Float32Array,
  { lines, length, reach, step }: {
    lines: number;
    length: number;
    reach: number;
    step: number;
  },
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(data.length);
  const between = step === 1 ? length : 1;
  const part = 1 / (2 * reach + 1);
  for (let line = 0; line < lines; line++) {
    const start = line * between;
    let sum = 0;
    for (let i = 0; i < Math.min(reach, length); i++) {
      sum += data[start + i * step]!;
    }
    for (let i = 0; i < length; i++) {
      if (i + reach < length) sum += data[start + (i + reach) * step]!;
      result[start + i * step] = sum * part;
      if (i - reach >= 0) sum -= data[start + (i - reach) * step]!;
    }
  }
  return result;
}

/** Multiplies `below` by what a mask lets through, at a place between pixels. */
function darken(
  below: Layer,
  mask: SoftMask,
  at: { x: number; y: number; strength: number },
): void {
  const left = at.x - mask.margin, top = at.y - mask.margin;
  const x0 = Math.max(0, Math.floor(left)), y0 = Math.max(0, Math.floor(top));
  const x1 = Math.min(below.width, Math.ceil(left + mask.width));
  const y1 = Math.min(below.height, Math.ceil(top + mask.height));
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const kept = 1 -
        at.strength * Math.max(0, valueAt(mask, x - left, y - top));
      const to = (y * below.width + x) * 4;
      for (let c = 0; c < 3; c++) below.data[to + c]! *= kept;
    }
  }
}

/** The bilinear value; zero outside. */
function valueAt(mask: SoftMask, x: number, y: number): number {
  const x0 = Math.floor(x), y0 = Math.floor(y);
  let value = 0;
  for (let j = 0; j < 2; j++) {
    for (let i = 0; i < 2; i++) {
      const column = x0 + i, row = y0 + j;
      if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) {
        continue;
      }
      value += (1 - Math.abs(x - column)) * (1 - Math.abs(y - row)) *
        mask.data[row * mask.width + column]!;
    }
  }
  return value;
}
