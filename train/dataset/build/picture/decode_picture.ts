import sharp, { type Metadata } from "sharp";
import type { SourcePicture } from "../../sources/source.ts";

/** An upright picture in memory. */
export interface DecodedPicture {
  /** RGB, row by row. */
  readonly data: Uint8Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Degrees counterclockwise that the boxes are to be turned by as well. */
  readonly turn: number;
}

/** Degrees counterclockwise that make a picture of each EXIF orientation upright. */
const exifTurns: Readonly<Record<number, number>> = { 3: 180, 6: 270, 8: 90 };

/**
 * Decodes a picture. Boxes in pixels belong to the size that the annotations state, which shows
 * whether EXIF was applied when they were drawn. Boxes in fractions belong to the stored pixels,
 * and turn with them.
 *
 * @throws {Error} if the picture is damaged, cut short, or has more than `maxPixels` pixels.
 */
export async function decodePicture(
  bytes: Uint8Array,
  picture: SourcePicture,
  maxPixels: number,
): Promise<DecodedPicture> {
  const metadata = await sharp(bytes).metadata();
  const { width, height, orientation = 1 } = metadata;
  const image = sharp(bytes, {
    limitInputPixels: maxPixels,
    ignoreIcc: isPlainSrgb(metadata),
  });
  let turn = 0;
  if (picture.unit === "fraction") {
    turn = picture.rotation ?? exifTurns[orientation] ?? 0;
    if (turn !== 0) image.rotate((360 - turn) % 360);
  } else if (exifFits(picture, width, height, orientation)) image.autoOrient();
  const { data, info } = await image.flatten({ background: "#fff" })
    .toColourspace("srgb").raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return {
    data: info.channels === 3 ? data : await sharp(data, {
      raw: { width: info.width, height: info.height, channels: info.channels },
    }).toColourspace("srgb").removeAlpha().raw().toBuffer(),
    width: info.width,
    height: info.height,
    turn,
  };
}

/**
 * Whether the embedded profile calls itself sRGB; then the colours need no conversion. (`e-sRGB` is
 * another space.)
 */
function isPlainSrgb({ icc, space }: Metadata): boolean {
  return space === "srgb" && icc !== undefined &&
    /(?<!-)\bsRGB\b/.test(icc.toString("latin1"));
}

function exifFits(
  picture: SourcePicture,
  width: number,
  height: number,
  orientation: number,
): boolean {
  const swapped = orientation >= 5;
  return (swapped ? height : width) === picture.width &&
    (swapped ? width : height) === picture.height;
}

/** A box in fractions after the picture was turned counterclockwise by 0, 90, 180 or 270 degrees. */
export function turnBox(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  turn: number,
): [number, number, number, number] {
  if (turn === 90) return [y0, 1 - x1, y1, 1 - x0];
  if (turn === 180) return [1 - x1, 1 - y1, 1 - x0, 1 - y0];
  if (turn === 270) return [1 - y1, x0, 1 - y0, x1];
  return [x0, y0, x1, y1];
}
