import { LocRefError } from "../error.ts";
import { loadSharp, rasterFromSharp } from "./load_sharp.ts";
import type { Raster } from "./raster.ts";
import {
  readSource,
  type ReadSourceOptions,
  sourceName,
} from "./read_source.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions extends ReadSourceOptions {
  /** Most pixels a picture may have. @default {100 million} */
  readonly maxPixels?: number;
}

const formats = ["png", "jpeg", "webp", "heif", "gif", "tiff"];

/**
 * A picture from a path, a `file:` or `data:` URL, or bytes: PNG, JPEG, WebP, AVIF (GIF and TIFF
 * too, first frame). EXIF orientation is applied, colours are converted to sRGB.
 *
 * @throws {LocRefError} `file-missing`, or `image-invalid` where the picture cannot be decoded or
 * is too large; the message begins with `options.name`.
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<Raster> {
  const { maxPixels = 100e6 } = options;
  const name = options.name ??
    (typeof source === "string"
      ? `Image "${sourceName(source)}"`
      : `Image of ${source.byteLength} bytes`);
  const bytes = typeof source === "string"
    ? await readSource(source, { ...options, name })
    : source;
  const sharp = await loadSharp();
  const invalid = (what: string, cause?: unknown) =>
    new LocRefError("image-invalid", `${name}: ${what}`, { cause });
  let format, width, height;
  try {
    ({ format, width, height } = await sharp(bytes, { limitInputPixels: false })
      .metadata());
  } catch (error) {
    throw invalid(
      "no picture that can be decoded (PNG, JPEG, WebP, AVIF)",
      error,
    );
  }
  if (!formats.includes(format)) {
    throw invalid(`${format} is not read, only PNG, JPEG, WebP and AVIF`);
  }
  if (width * height > maxPixels) {
    throw invalid(
      `${width} × ${height} pixels are too many, at most ${
        Math.round(maxPixels / 1e6)
      } million are allowed`,
    );
  }
  try {
    const image = sharp(bytes, { limitInputPixels: false, failOn: "error" });
    return await rasterFromSharp(image.autoOrient());
  } catch (error) {
    throw invalid("the picture is damaged", error);
  }
}
