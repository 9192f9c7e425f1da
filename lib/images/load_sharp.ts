import type Sharp from "sharp";
import type { Sharp as Image } from "sharp";
import { importPackage } from "../core/packages/import_package.ts";
import type { Raster } from "./raster.ts";

/** The image library, loaded when the first picture is decoded, resized or encoded. */
export async function loadSharp(): Promise<typeof Sharp> {
  return await importPackage("sharp");
}

/** A raster as sharp's input. */
export async function sharpFromRaster(raster: Raster): Promise<Image> {
  const sharp = await loadSharp();
  const { width, height, data } = raster;
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** The raster that a sharp pipeline produces. */
export async function rasterFromSharp(image: Image): Promise<Raster> {
  const { data, info } = await image
    .toColourspace("srgb")
    .ensureAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
