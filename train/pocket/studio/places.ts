import type { FractionBox, Size } from "../../../lib/core/geometry.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { Layer } from "../stages/layer.ts";

/** A box in whole pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box as fractions of the picture. */
export function fractionBox(
  { x, y, width, height }: Place,
  size: Size,
): FractionBox {
  return {
    x0: x / size.width,
    y0: y / size.height,
    x1: (x + width) / size.width,
    y1: (y + height) / size.height,
  };
}

/** How often a place is tried before the object is left out. */
const tries = 30;

/** Options of {@linkcode findPlace}. */
export interface FindPlaceOptions {
  readonly size: Size;
  /** Number of objects that the scene is to have. */
  readonly wanted: number;
  readonly taken: readonly Place[];
  /** Size of the object, of the usual. @default {1} */
  readonly scale?: number;
  /** Largest part of the smaller of two boxes that the other may cover. */
  readonly overlap: number;
}

/** Longest side of an object by the number of objects, as a part of the picture's shorter side. */
const longest = [0.8, 0.62, 0.52, 0.46] as const;

/** A place for an object that covers no other by too much. */
export function findPlace(
  stream: Random,
  layer: Layer,
  { size, wanted, taken, overlap, scale = 1 }: FindPlaceOptions,
): Place | undefined {
  const most = longest[Math.min(wanted, longest.length) - 1]!;
  const shorter = scale * Math.min(size.width, size.height);
  for (let i = 0; i < tries; i++) {
    const longer = shorter * (0.3 + (most - 0.3) * stream.uniform());
    const { width, height } = sizeOf(layer, longer);
    const x = stream.integer(size.width - width + 1);
    const y = stream.integer(size.height - height + 1);
    const place = { x, y, width, height };
    if (taken.every((one) => shared(place, one) <= overlap)) return place;
  }
  return undefined;
}

/** The layer's size in pixels where its longer side is `longer`. */
export function sizeOf(layer: Layer, longer: number): Size {
  const scale = longer / Math.max(layer.width, layer.height);
  return {
    width: Math.max(4, Math.round(layer.width * scale)),
    height: Math.max(4, Math.round(layer.height * scale)),
  };
}

/** Shared area as a part of the smaller place. */
export function shared(a: Place, b: Place): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  return across * down / Math.min(a.width * a.height, b.width * b.height);
}

/** Where a caption puts an object that has no box, and the middle of it in fractions. */
export const spots: Readonly<Record<string, readonly [number, number]>> = {
  "on the left": [0.18, 0.5],
  "on the right": [0.82, 0.5],
  "at the top": [0.5, 0.18],
  "at the bottom": [0.5, 0.82],
};

/** Longer side of an object without a box, as a part of the picture's shorter side. */
const spotSide = 0.32;

/** The place that a spot's words mean. */
export function spotPlace(layer: Layer, spot: string, size: Size): Place {
  const [across, down] = spots[spot]!;
  const shorter = Math.min(size.width, size.height);
  const { width, height } = sizeOf(layer, spotSide * shorter);
  return {
    x: Math.round(across * size.width - width / 2),
    y: Math.round(down * size.height - height / 2),
    width,
    height,
  };
}
