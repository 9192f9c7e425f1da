import sharp from "sharp";
import type { DecodedPicture } from "./decode_picture.ts";
import type { PixelBox } from "../../sources/filters.ts";
import type { PictureOptions } from "../../options.ts";
import { resample } from "./resample.ts";
import type { Rle } from "../../sources/rle.ts";

/** The whole pixels of a box with its margin, inside the picture. */
function cropOf(
  [x0, y0, x1, y1]: PixelBox,
  { width, height }: DecodedPicture,
  margin: number,
): { left: number; top: number; width: number; height: number } {
  const dx = margin * (x1 - x0), dy = margin * (y1 - y0);
  const left = Math.min(width - 1, Math.max(0, Math.floor(x0 - dx)));
  const top = Math.min(height - 1, Math.max(0, Math.floor(y0 - dy)));
  const right = Math.max(left + 1, Math.min(width, Math.ceil(x1 + dx)));
  const bottom = Math.max(top + 1, Math.min(height, Math.ceil(y1 + dy)));
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * The reference picture of a box as WebP, cut out by `mask` where there is one. The colours under
 * transparent pixels stay, so that it can be used uncut as well.
 */
export async function encodeReference(
  picture: DecodedPicture,
  box: PixelBox,
  options: PictureOptions & { readonly mask?: Rle },
): Promise<Uint8Array> {
  const crop = cropOf(box, picture, options.margin);
  const { mask, refSize } = options;
  const scale = Math.min(1, refSize / Math.max(crop.width, crop.height));
  const width = Math.max(1, Math.round(scale * crop.width));
  const height = Math.max(1, Math.round(scale * crop.height));
  const channels = mask ? 4 : 3;
  const part = { ...crop, data: picture.data, rowWidth: picture.width };
  const pixels = resample(part, { width, height, channels });
  if (mask && scale === 1) writeMask(pixels, mask, crop);
  else if (mask) {
    writeAlpha(pixels, coverage(mask, crop, { width, height }));
  }
  return await sharp(pixels, { raw: { width, height, channels } })
    .webp({ quality: options.quality, effort: 0, exact: true })
    .toBuffer();
}

type Crop = ReturnType<typeof cropOf>;

/** Writes the mask as the alpha of a crop's RGBA pixels. */
function writeMask(pixels: Uint8Array, mask: Rle, crop: Crop): void {
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = 0;
  visitColumns(mask, crop, (x, y0, y1) => {
    for (let y = y0; y < y1; y++) pixels[4 * (y * crop.width + x) + 3] = 255;
  });
}

/** How much of each pixel of a crop drawn smaller the mask covers, 0 … 1. */
function coverage(
  mask: Rle,
  crop: Crop,
  { width, height }: { width: number; height: number },
): Float32Array {
  const sums = new Float32Array(width * height);
  const xScale = width / crop.width, yScale = height / crop.height;
  visitColumns(mask, crop, (column, y0, y1) => {
    const x = column * xScale;
    addArea(sums, width, x, x + xScale, y0 * yScale, y1 * yScale);
  });
  return sums;
}

/**
 * Visits the parts of a crop's columns that the mask covers, by the mask's runs: that costs less
 * than a picture of the mask that is resized.
 */
function visitColumns(
  { counts, height: rows }: Rle,
  crop: Crop,
  visit: (x: number, y0: number, y1: number) => void,
): void {
  const begin = crop.left * rows, end = (crop.left + crop.width) * rows;
  let at = 0;
  for (let i = 0; i < counts.length && at < end; at += counts[i++]!) {
    const runEnd = Math.min(end, at + counts[i]!);
    if (i % 2 === 0 || runEnd <= begin) continue;
    for (let from = Math.max(begin, at); from < runEnd;) {
      const column = Math.floor(from / rows), top = column * rows;
      const to = Math.min(runEnd, top + rows);
      const y0 = Math.max(0, from - top - crop.top);
      const y1 = Math.min(crop.height, to - top - crop.top);
      if (y1 > y0) visit(column - crop.left, y0, y1);
      from = to;
    }
  }
}

/** Writes 0 … 1 as the alpha of RGBA pixels. */
function writeAlpha(pixels: Uint8Array, covered: Float32Array): void {
  for (let i = 0; i < covered.length; i++) {
    pixels[4 * i + 3] = Math.min(255, 255 * covered[i]! + 0.5);
  }
}

/** Adds the area of a rectangle to each of the pixels that it touches. */
function addArea(
  sums: Float32Array,
  width: number,
  x0: number,
  x1: number,
  y0: number,
  y1: number,
): void {
  const bottom = Math.min(sums.length / width, Math.ceil(y1));
  const right = Math.min(width, Math.ceil(x1));
  for (let x = Math.floor(x0); x < right; x++) {
    const across = Math.min(x1, x + 1) - Math.max(x0, x);
    if (across <= 0) continue;
    for (let y = Math.floor(y0); y < bottom; y++) {
      sums[y * width + x]! += across * (Math.min(y1, y + 1) - Math.max(y0, y));
    }
  }
}
