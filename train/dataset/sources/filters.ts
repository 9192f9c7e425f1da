/** Which instances of a picture become references. */

import type { DecodedPicture } from "../build/picture/decode_picture.ts";
import type { PictureOptions } from "../options.ts";
import type { SourceInstance } from "./source.ts";

/** Left, top, right, bottom in pixels. */
export type PixelBox = readonly [number, number, number, number];

/** An instance with its box in the upright picture. */
export interface Candidate {
  /** As stated by the annotations. */
  readonly instance: SourceInstance;
  /** Clipped to the picture. */
  readonly box: PixelBox;
}

/** How many instances each filter dropped. */
export type Dropped = Record<string, number>;

/** The candidates that pass every filter, largest first where the number is limited. */
export function filterCandidates(
  candidates: readonly Candidate[],
  picture: DecodedPicture,
  options: PictureOptions,
): { kept: Candidate[]; dropped: Dropped } {
  const dropped: Dropped = {};
  const passed: Candidate[] = [];
  const bySize = [...candidates].sort((a, b) => areaOf(b.box) - areaOf(a.box));
  for (const candidate of bySize) {
    const reason = whyDropped(candidate, passed, picture, options);
    if (reason === undefined) passed.push(candidate);
    else dropped[reason] = (dropped[reason] ?? 0) + 1;
  }
  return { kept: candidates.filter((one) => passed.includes(one)), dropped };
}

function whyDropped(
  { instance, box }: Candidate,
  larger: readonly Candidate[],
  picture: DecodedPicture,
  options: PictureOptions,
): string | undefined {
  const width = box[2] - box[0], height = box[3] - box[1];
  const { classes } = options;
  if (instance.unfit !== undefined) return instance.unfit;
  if (classes && !classes.includes(instance.category)) return "class";
  if (!(width > 0 && height > 0)) return "empty box";
  if (width * height < options.minArea * picture.width * picture.height) {
    return "area";
  }
  if (Math.min(width, height) < options.minSide) return "side";
  const aspect = Math.max(width / height, height / width);
  if (aspect > options.maxAspect) return "aspect";
  if (options.dropTruncated && isTruncated(instance, box, picture)) {
    return "truncated";
  }
  if (larger.some((other) => iou(other.box, box) > options.maxOverlap)) {
    return "overlap";
  }
  if (
    options.minSharpness > 0 && sharpness(picture, box) < options.minSharpness
  ) return "blur";
  if (larger.length >= options.maxInstances) return "number";
}

/** By the annotations' own flag, or where the box touches the picture's border. */
function isTruncated(
  { truncated }: SourceInstance,
  [x0, y0, x1, y1]: PixelBox,
  { width, height }: DecodedPicture,
): boolean {
  return truncated ?? (x0 < 1 || y0 < 1 || x1 > width - 1 || y1 > height - 1);
}

/** Area of a box in pixels. */
export function areaOf([x0, y0, x1, y1]: PixelBox): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

function iou(a: PixelBox, b: PixelBox): number {
  const shared = areaOf([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return shared / (areaOf(a) + areaOf(b) - shared);
}

/** Variance of the Laplacian of the brightness inside a box. */
export function sharpness(picture: DecodedPicture, box: PixelBox): number {
  const { data, width, height } = picture;
  const brightness = (x: number, y: number) => {
    const at = 3 * (y * width + x);
    return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  };
  let count = 0, sum = 0, squares = 0;
  const [left, top] = [
    Math.max(1, Math.floor(box[0])),
    Math.max(1, Math.floor(box[1])),
  ];
  const right = Math.min(width - 1, Math.ceil(box[2]));
  const bottom = Math.min(height - 1, Math.ceil(box[3]));
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const value = brightness(x - 1, y) + brightness(x + 1, y) +
        brightness(x, y - 1) + brightness(x, y + 1) - 4 * brightness(x, y);
      count++;
      sum += value;
      squares += value * value;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}
