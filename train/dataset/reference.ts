import sharp from "sharp";
import type { DecodedPicture } from "./decode_picture.ts";
import type { PixelBox } from "./filters.ts";
import type { PictureOptions } from "./options.ts";
import type { Rle } from "./rle.ts";

/** The whole pixels of a box with its margin, inside the picture. */
export function cropOf(
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

/** The reference picture of a box as WebP, cut out by `mask` where there is one. */
export async function encodeReference(
  picture: DecodedPicture,
  box: PixelBox,
  options: PictureOptions & { readonly mask?: Rle },
): Promise<Uint8Array> {
  const crop = cropOf(box, picture, options.margin);
  const { mask, refSize } = options;
  const fit = { fit: "inside", withoutEnlargement: true } as const;
  const size = { width: crop.width, height: crop.height };
  const colours = sharp(cropped(picture, crop), {
    raw: { ...size, channels: 3 },
  }).resize(refSize, refSize, fit);
  if (mask) {
    // apart from the colours, which would be lost under transparent pixels otherwise
    const { data, info } = await sharp(alphaOf(mask, crop), {
      raw: { ...size, channels: 1 },
    }).resize(refSize, refSize, fit).extractChannel(0)
      .raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    colours.joinChannel(data, { raw: { width, height, channels: 1 } });
  }
  return await colours
    .webp({ quality: options.quality, effort: 2, exact: true })
    .toBuffer();
}

type Crop = ReturnType<typeof cropOf>;

function cropped(picture: DecodedPicture, crop: Crop): Uint8Array {
  const row = 3 * crop.width;
  const data = new Uint8Array(row * crop.height);
  for (let y = 0; y < crop.height; y++) {
    const from = 3 * ((crop.top + y) * picture.width + crop.left);
    data.set(picture.data.subarray(from, from + row), y * row);
  }
  return data;
}

/** 255 where the mask is 1; only the runs inside the crop are walked. */
function alphaOf({ counts, height }: Rle, crop: Crop): Uint8Array {
  const alpha = new Uint8Array(crop.width * crop.height);
  const begin = crop.left * height, end = (crop.left + crop.width) * height;
  let at = 0;
  for (let i = 0; i < counts.length && at < end; at += counts[i++]!) {
    if (i % 2 === 0 || at + counts[i]! <= begin) continue;
    const last = Math.min(end, at + counts[i]!);
    for (let j = Math.max(begin, at); j < last; j++) {
      const y = j % height - crop.top;
      if (y < 0 || y >= crop.height) continue;
      alpha[y * crop.width + Math.floor(j / height) - crop.left] = 255;
    }
  }
  return alpha;
}
