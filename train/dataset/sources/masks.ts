import sharp from "sharp";
import type { DecodedPicture } from "../build/picture/decode_picture.ts";
import type { PictureFiles } from "./picture_files.ts";
import {
  encodeRle,
  type Rle,
  rleArea,
  rleOfSegmentation,
  runsLength,
} from "./rle.ts";
import { checkedSegmentation } from "./segmentation.ts";
import type { Problem, SourceInstance, SourcePicture } from "./source.ts";

/** Parts of a picture that {@linkcode usableMask} needs. */
export interface MaskWork {
  /** The picture's annotations. */
  readonly picture: SourcePicture;
  /** The picture itself. */
  readonly decoded: DecodedPicture;
  /** Mask pictures (OpenImages). */
  readonly files?: PictureFiles;
  /** Takes what is wrong with masks. */
  readonly problems: Problem[];
}

/** The mask of an instance; an unusable one is left out and goes into `problems`. */
export async function usableMask(
  instance: SourceInstance,
  { picture, decoded, files, problems }: MaskWork,
): Promise<Rle | undefined> {
  const { width, height } = decoded;
  const where = `${picture.file}, annotation ${instance.id}`;
  try {
    const mask = await maskOf(instance, decoded, {
      size: [picture.width ?? width, picture.height ?? height],
      files,
    });
    if (mask && (mask.width !== width || mask.height !== height)) {
      throw new Error("The mask has another size than the picture");
    }
    if (mask && rleArea(mask) === 0) throw new Error("The mask is empty");
    return mask;
  } catch (error) {
    const what = (error as Error).message;
    problems.push({ where, what: `${what}; kept without mask` });
  }
}

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
  const { maskFile } = instance;
  if (maskFile !== undefined && options.files) {
    return await maskFromFile(await options.files.read(maskFile), picture);
  }
  const segmentation = checkedSegmentation(instance.segmentation);
  if (segmentation === undefined) return;
  const [width, height] = options.size;
  const rle = rleOfSegmentation(segmentation, height, width);
  if (!("counts" in segmentation)) return rle;
  const pixels = runsLength(rle);
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
