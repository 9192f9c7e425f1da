import { Buffer } from "node:buffer";
import { extname } from "node:path";
import { hasTransparency } from "./cut_out.ts";
import { sharpFromRaster } from "./load_sharp.ts";
import { quote } from "../core/quote.ts";
import { addPngText } from "./png_text.ts";
import type { Raster } from "./raster.ts";

/** Formats that pictures are written in. */
export type ImageFormat = "png" | "webp" | "jpeg";

/** Options of {@linkcode encodeImage}. */
export interface EncodeOptions {
  /** @default {"png"} */
  readonly format?: ImageFormat;
  /** 1 to 100, for `webp` and `jpeg`. @default {92} */
  readonly quality?: number;
  /** Texts by keyword that go into the file; PNG only. */
  readonly text?: Readonly<Record<string, string>>;
}

/** The bytes of a picture file: the same for the same picture and options. */
export async function encodeImage(
  raster: Raster,
  options: EncodeOptions = {},
): Promise<Uint8Array> {
  const { format = "png", quality = 92, text = {} } = options;
  let image = await sharpFromRaster(raster);
  if (format === "jpeg") image = image.flatten({ background: "#000" });
  if (!hasTransparency(raster)) image = image.removeAlpha();
  const buffer = format === "png"
    ? await image.png({ compressionLevel: 6 }).toBuffer()
    : format === "webp"
    ? await image.webp({ quality }).toBuffer()
    : await image.jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
  const bytes: Uint8Array = new Uint8Array(buffer);
  if (format !== "png") return bytes;
  return Object.entries(text).reduce(
    (png, [keyword, value]) => addPngText(png, keyword, value),
    bytes,
  );
}

/** A raster as a `data:` URL with a PNG file in it. */
export async function toDataUrl(raster: Raster): Promise<string> {
  const png = await encodeImage(raster);
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/**
 * The format that a file's name asks for.
 *
 * @throws {RangeError} if the name does not end in .png, .webp, .jpg or .jpeg.
 */
export function formatOfPath(path: string): ImageFormat {
  switch (extname(path).toLowerCase()) {
    case ".png":
      return "png";
    case ".webp":
      return "webp";
    case ".jpg":
    case ".jpeg":
      return "jpeg";
  }
  throw new RangeError(
    `Cannot write a picture to ${
      quote(path)
    }: its name must end in .png, .webp, .jpg or .jpeg`,
  );
}
