import sharp from "sharp";
import type { DecodedPicture } from "./decode_picture.ts";
import type { PictureOptions } from "../../options.ts";
import { resample } from "./resample.ts";

/** The centre square of a picture. */
export interface Square {
  /** In pixels. */
  readonly left: number;
  /** In pixels. */
  readonly top: number;
  /** In pixels. */
  readonly side: number;
}

/** The training picture as JPEG, and the captioner's pixels where `captionSize` is given. */
export async function drawSquare(
  picture: DecodedPicture,
  square: Square,
  { options, captionSize }: {
    readonly options: PictureOptions;
    readonly captionSize?: number;
  },
): Promise<{ jpg: Uint8Array; captionPixels?: Uint8Array }> {
  const { size } = options;
  const jpg = await sharp(sized(picture, square, size), {
    raw: { width: size, height: size, channels: 3 },
  }).jpeg({
    quality: options.quality,
    chromaSubsampling: "4:4:4",
    optimizeCoding: false, // half of the encoder's time for 4 % of the bytes
  }).toBuffer();
  const captionPixels = captionSize === undefined
    ? undefined
    : sized(picture, square, captionSize);
  return { jpg, captionPixels };
}

function sized(
  { data, width: rowWidth }: DecodedPicture,
  { left, top, side }: Square,
  size: number,
): Uint8Array {
  const part = { data, rowWidth, left, top, width: side, height: side };
  return resample(part, { width: size, height: size });
}
