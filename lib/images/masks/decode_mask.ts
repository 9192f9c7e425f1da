import {
  decodePixels,
  decodeSmaller,
  isLarge,
  openHead,
  type PictureHead,
  readHead,
} from "../decode.ts";
import type { Size } from "../../core/geometry.ts";
import { rasterFromSharp } from "../load_sharp.ts";
import { meantMask } from "./meant_mask.ts";
import type { Raster } from "../raster.ts";
import type { ReadSourceOptions } from "../read_source.ts";
import { turnUpright } from "../turn.ts";

/** A mask as it was meant. */
export interface DecodedMask {
  /** The mask, upright: white where the object is, or opaque. */
  readonly raster: Raster;
  /** EXIF orientation of the mask's own file, 1 to 8. */
  readonly orientation: number;
  /** Colours of a picture of several classes, each of which counts as the object. */
  readonly classes?: number;
  /** Pictures in the file, of which the first is read. */
  readonly pages: number;
}

/**
 * A mask from a path, a URL or bytes, with the values that its maker meant: 0 and 1, or a palette's
 * classes, become black and white.
 *
 * @throws {LocRefError} as `decodeImage`.
 */
export async function decodeMask(
  source: string | Uint8Array,
  options: ReadSourceOptions = {},
): Promise<DecodedMask> {
  const head = await readHead(source, options);
  const { orientation, palette } = head;
  const stored = await decodeStored(head);
  const { raster, classes } = meantMask(stored, { palette });
  return {
    raster: await turnUpright(raster, orientation),
    orientation,
    pages: head.pages,
    ...(classes !== undefined && { classes }),
  };
}

async function decodeStored(head: PictureHead): Promise<Raster> {
  // between two classes lies no third one, so labels are never averaged
  if (isLarge(head.stored)) return await decodeSmaller(head, "nearest");
  if (head.depth === "ushort") {
    const low = await lowMask(head);
    if (low !== undefined) return low;
  }
  return await decodePixels(
    head,
    async () => await rasterFromSharp(await openHead(head)),
  );
}

/**
 * A mask of 16 bits whose values reach 255 at most, or `undefined`.
 *
 * Some tools store 0 and 1, or 0 to 255, as wide numbers. At 8 bits they would all be black.
 */
async function lowMask(head: PictureHead): Promise<Raster | undefined> {
  const { values, width, height } = await decodePixels(head, async () => {
    const { data, info } = await (await openHead(head))
      .removeAlpha()
      .pipelineColourspace("grey16")
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    const count = info.width * info.height;
    const all = new Uint16Array(
      data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
    );
    return {
      values: all.filter((_, i) => i % info.channels === 0).subarray(0, count),
      width: info.width,
      height: info.height,
    };
  });
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  if (most === 0 || most > 255) return undefined;
  return greyRaster(values, { width, height });
}

function greyRaster(values: Uint16Array, { width, height }: Size): Raster {
  const data = new Uint8Array(values.length * 4).fill(255);
  values.forEach((value, i) => data.fill(value, 4 * i, 4 * i + 3));
  return { width, height, data };
}
