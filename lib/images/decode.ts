import { LocRefError } from "../core/error.ts";
import type { Size } from "../core/geometry.ts";
import { imageKind, isReadFormat } from "./image_kind.ts";
import { completeLimits, pixelCount } from "./image_limits.ts";
import { loadSharp, rasterFromSharp } from "./load_sharp.ts";
import type { Raster } from "./raster.ts";
import {
  readSource,
  type ReadSourceOptions,
  sourceName,
} from "./read_source.ts";
import { turnUpright } from "./turn.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions extends ReadSourceOptions {
  /**
   * Whether a picture of more than 16.8 million pixels is made smaller while it is decoded, so that
   * it never lies in memory whole.
   *
   * @default {false}
   */
  readonly shrink?: boolean;
}

/** A picture with what its file says of how it was stored. */
export interface DecodedPicture {
  /** The picture, upright. */
  readonly raster: Raster;
  /** EXIF orientation that was applied, 1 to 8. */
  readonly orientation: number;
  /** Size as stored, before the orientation was applied, in pixels. */
  readonly stored: Size;
  /** Pictures in the file, of which the first is read. */
  readonly pages: number;
}

/** A picture file whose head was read and whose size is within the limits. */
export interface PictureHead {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Size as stored, in pixels. */
  readonly stored: Size;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Bits a channel as sharp names them: `uchar`, `ushort`. */
  readonly depth: string;
  /** Whether the file has a palette. */
  readonly palette: boolean;
  /** Pictures in the file: frames of an animation, or pages. */
  readonly pages: number;
}

/** More pixels than this are shrunk while they are decoded. */
const shrinkAbove = 4096 * 4096;
/** Longer side of a shrunk picture, in pixels: more than any model reads. */
const shrunkSide = 2048;

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
  return (await decodePicture(source, options)).raster;
}

/** {@linkcode decodeImage} with what the file says of how the picture was stored. */
export async function decodePicture(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<DecodedPicture> {
  const head = await readHead(source, options);
  const { stored, orientation } = head;
  const raster = options.shrink && isLarge(stored)
    ? await turnUpright(await decodeSmaller(head), orientation)
    : await decodePixels(
      head,
      async () => await rasterFromSharp((await openHead(head)).autoOrient()),
    );
  return { raster, stored, orientation, pages: head.pages };
}

/**
 * Reads the head of a picture file and checks its format and size, before any pixel is decoded.
 *
 * @throws {LocRefError} as {@linkcode decodeImage}.
 */
export async function readHead(
  source: string | Uint8Array,
  options: ReadSourceOptions = {},
): Promise<PictureHead> {
  const name = options.name ??
    (typeof source === "string"
      ? `Image "${sourceName(source)}"`
      : `Image of ${source.byteLength} bytes`);
  const bytes = typeof source === "string"
    ? await readSource(source, { ...options, name })
    : source;
  checkKind(bytes, name);
  const sharp = await loadSharp();
  let head;
  try {
    head = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw invalid(
      name,
      "no picture that can be decoded (PNG, JPEG, WebP, AVIF)",
      error,
    );
  }
  const { width, height, orientation = 1 } = head;
  const stored = { width, height };
  checkStoredSize(stored, name, options);
  return {
    ...{ bytes, name, stored, orientation },
    depth: head.depth,
    palette: head.isPalette ?? false,
    pages: head.pages ?? 1,
  };
}

function checkKind(bytes: Uint8Array, name: string): void {
  const kind = imageKind(bytes);
  if (isReadFormat(kind)) return;
  throw invalid(
    name,
    kind === undefined
      ? "no picture that can be decoded (PNG, JPEG, WebP, AVIF)"
      : `${kind} is not read, only PNG, JPEG, WebP and AVIF`,
  );
}

function checkStoredSize(
  { width, height }: Size,
  name: string,
  options: ReadSourceOptions,
): void {
  const { side, pixels } = completeLimits(options.limits);
  if (Math.max(width, height) > side) {
    throw invalid(
      name,
      `${width} × ${height} pixels are too many, at most ${side} a side are allowed`,
    );
  }
  if (width * height > pixels) {
    throw invalid(
      name,
      `${width} × ${height} pixels are too many, at most ${
        pixelCount(pixels)
      } are allowed`,
    );
  }
}

/** Whether a picture is shrunk while it is decoded. */
export function isLarge({ width, height }: Size): boolean {
  return width * height > shrinkAbove;
}

/** The picture as stored, not turned, no longer than {@linkcode shrunkSide}; read strip by strip. */
export async function decodeSmaller(
  head: PictureHead,
  kernel: "cubic" | "nearest" = "cubic",
): Promise<Raster> {
  const { width, height } = head.stored;
  const scale = shrunkSide / Math.max(width, height);
  const [w, h] = [width, height].map((side) =>
    Math.max(1, Math.round(side * scale))
  );
  return await decodePixels(head, async () => {
    const image = await openHead(head);
    return await rasterFromSharp(image.resize(w, h, { fit: "fill", kernel }));
  });
}

/** The file as sharp's input. */
export async function openHead({ bytes }: PictureHead) {
  const sharp = await loadSharp();
  return sharp(bytes, { limitInputPixels: false, failOn: "error" });
}

/** Runs `decode`; errors of the decoder name the picture. */
export async function decodePixels<T>(
  { name }: PictureHead,
  decode: () => Promise<T>,
): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw invalid(name, "the picture is damaged", error);
  }
}

function invalid(name: string, what: string, cause?: unknown): LocRefError {
  return new LocRefError("image-invalid", `${name}: ${what}`, { cause });
}
