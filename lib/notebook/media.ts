import { Buffer } from "node:buffer";
import { encodeImage } from "../images/encode.ts";
import type { Raster } from "../images/raster.ts";

/** Contents by media type, as Jupyter shows them: the richest one that it can. */
export type MediaBundle = Record<string, string>;

/** The least height at which a notebook shows a picture, in pixels of the screen. */
const leastHeight = 256;

/** A PNG file for a notebook; small pictures are shown enlarged. */
export function pngMedia(png: Uint8Array, size: Raster | number): MediaBundle {
  const base64 = Buffer.from(png).toString("base64");
  const height = typeof size === "number" ? size : size.height;
  const shown = height < leastHeight ? ` height="${leastHeight}"` : "";
  return {
    "image/png": base64,
    "text/html": `<img src="data:image/png;base64,${base64}"${shown}>`,
  };
}

/** A raster for a notebook. */
export async function rasterMedia(raster: Raster): Promise<MediaBundle> {
  return pngMedia(await encodeImage(raster), raster);
}
