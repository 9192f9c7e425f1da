import { Buffer } from "node:buffer";
import { loadSharp, rasterFromSharp } from "../load_sharp.ts";
import type { Raster } from "../raster.ts";

/** An SVG document of the given size around `content`. */
export function svgDocument(
  width: number,
  height: number,
  content: string,
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
}

/** An SVG document as a raster of its own size. */
export async function rasterFromSvg(svg: string): Promise<Raster> {
  const sharp = await loadSharp();
  return await rasterFromSharp(sharp(Buffer.from(svg)));
}
