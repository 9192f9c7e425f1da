import sharp from "sharp";
import type { DecodedPicture } from "./decode_picture.ts";
import type { PictureFiles } from "./picture_files.ts";
import { encodeRle, type Rle, rleOfSegmentation } from "./rle.ts";
import type { SourceInstance } from "./source.ts";

/**
 * The mask of an instance in the upright picture; `undefined` where it has none.
 *
 * @throws {Error} if there is one that cannot be used.
 */
export async function maskOf(
  instance: SourceInstance,
  picture: DecodedPicture,
  options: { size: readonly [number, number]; files?: PictureFiles },
): Promise<Rle | undefined> {
  const { segmentation, maskFile } = instance;
  if (maskFile !== undefined && options.files) {
    return await maskFromFile(await options.files.read(maskFile), picture);
  }
  if (segmentation === undefined || segmentation === null) return;
  const [width, height] = options.size;
  if (!("counts" in segmentation)) {
    if (segmentation.length === 0) return;
    const thin = segmentation.find((polygon) => polygon.length < 6);
    if (thin) {
      throw new Error(`A polygon has ${thin.length / 2} points, 3 are needed`);
    }
    if (!segmentation.every((polygon) => polygon.every(Number.isFinite))) {
      throw new Error("A polygon has coordinates that are no numbers");
    }
    return rleOfSegmentation(segmentation, height, width);
  }
  const rle = rleOfSegmentation(segmentation, height, width);
  const pixels = rle.counts.reduce((total, count) => total + count, 0);
  if (
    rle.width !== width || rle.height !== height || pixels !== width * height
  ) {
    throw new Error(
      `Runs of ${pixels} pixels for ${rle.width} × ${rle.height}, the picture has ${width} × ${height}`,
    );
  }
  return rle;
}

async function maskFromFile(
  bytes: Uint8Array,
  picture: DecodedPicture,
): Promise<Rle> {
  const { width, height, turn } = picture;
  const data = await sharp(bytes, { limitInputPixels: 100_000_000 })
    .rotate((360 - turn) % 360)
    .resize(width, height, { fit: "fill", kernel: "nearest" })
    .extractChannel(0).raw({ depth: "uchar" }).toBuffer();
  return encodeRle(data, height, width);
}
