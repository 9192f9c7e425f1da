import { Buffer } from "node:buffer";
import { encodeImage } from "./encode.ts";
import type { Raster } from "./raster.ts";

/** Contents by media type, as Jupyter shows them: the richest one that it can. */
export type MediaBundle = Record<string, string>;

/** The least height at which a notebook shows a picture, in pixels of the screen. */
const leastHeight = 256;

/** A PNG file, `height` pixels high, for a notebook; small pictures are shown enlarged. */
export function pngMedia(png: Uint8Array, height: number): MediaBundle {
  const base64 = Buffer.from(png).toString("base64");
  if (height >= leastHeight) return { "image/png": base64 };
  const source = `data:image/png;base64,${base64}`;
  return {
    "image/png": base64,
    "text/html": `<img src="${source}" height="${leastHeight}">`,
  };
}

/** A sheet for a notebook, as a JPEG file, which keeps notebook files small. */
export async function sheetMedia(sheet: Raster): Promise<MediaBundle> {
  const jpeg = await encodeImage(sheet, { format: "jpeg", quality: 88 });
  return { "image/jpeg": Buffer.from(jpeg).toString("base64") };
}
