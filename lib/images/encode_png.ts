import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { makeChunk, signature } from "./png_text.ts";
import type { Raster } from "./raster.ts";

/**
 * A raster as a PNG file, at once and without a native library: eight bits, with alpha, unfiltered.
 * Files for people come from `encodeImage`, which makes them smaller.
 */
export function encodePng({ width, height, data }: Raster): Uint8Array {
  const stride = width * 4;
  const lines = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    lines.set(
      data.subarray(y * stride, (y + 1) * stride),
      y * (stride + 1) + 1,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // eight bits a channel, red, green, blue and alpha
  header.set([8, 6], 8);
  return Buffer.concat([
    signature,
    makeChunk("IHDR", header),
    makeChunk("IDAT", deflateSync(lines, { level: 1 })),
    makeChunk("IEND", new Uint8Array()),
  ]);
}
