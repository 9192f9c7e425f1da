/** Text chunks of PNG files (PNG specification, third edition, section 11.3.3). */

import { Buffer } from "node:buffer";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { LocRefError } from "../core/error.ts";

/** The first bytes of every PNG file. */
export const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();
/** A text of ours never comes near this; what inflates further is not ours. */
const maxTextLength = 64 * 2 ** 20;

interface Chunk {
  readonly type: string;
  readonly body: Uint8Array;
  readonly start: number;
}

/** Whether `bytes` begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

function* chunks(png: Uint8Array): Generator<Chunk> {
  if (!isPng(png)) throw new LocRefError("image-invalid", "Not a PNG file");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let start = 8; start + 12 <= png.length;) {
    const length = view.getUint32(start);
    if (start + 12 + length > png.length) {
      throw new LocRefError("image-invalid", "PNG file is cut off");
    }
    const type = fromUtf8.decode(png.subarray(start + 4, start + 8));
    yield { type, body: png.subarray(start + 8, start + 8 + length), start };
    if (type === "IEND") return;
    start += 12 + length;
  }
  throw new LocRefError("image-invalid", "PNG file is cut off");
}

/** The PNG file with a compressed international text chunk (`iTXt`) before its end. */
export function addPngText(
  png: Uint8Array,
  keyword: string,
  text: string,
): Uint8Array {
  const head = utf8.encode(keyword);
  const packed = deflateSync(Buffer.from(text, "utf8"), { level: 9 });
  // keyword, 0, compressed, method 0, empty language tag, empty translated keyword
  const body = new Uint8Array(head.length + 5 + packed.length);
  body.set(head);
  body[head.length + 1] = 1;
  body.set(packed, head.length + 5);
  let end = png.length;
  for (const chunk of chunks(png)) {
    if (chunk.type === "IEND") end = chunk.start;
  }
  const inserted = makeChunk("iTXt", body);
  const result = new Uint8Array(png.length + inserted.length);
  result.set(png.subarray(0, end));
  result.set(inserted, end);
  result.set(png.subarray(end), end + inserted.length);
  return result;
}

/** A chunk of a PNG file with its length and checksum. */
export function makeChunk(type: string, body: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + body.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length);
  chunk.set(utf8.encode(type), 4);
  chunk.set(body, 8);
  view.setUint32(
    8 + body.length,
    crc32(chunk.subarray(4, 8 + body.length)) >>> 0,
  );
  return chunk;
}

/**
 * The text under `keyword` in a PNG file's `tEXt`, `zTXt` and `iTXt` chunks, or `undefined`.
 *
 * @throws {LocRefError} `image-invalid` if the file is no PNG or is damaged.
 */
export function readPngText(
  png: Uint8Array,
  keyword: string,
): string | undefined {
  for (const { type, body } of chunks(png)) {
    if (!["tEXt", "zTXt", "iTXt"].includes(type)) continue;
    const end = body.indexOf(0);
    if (end < 0 || fromUtf8.decode(body.subarray(0, end)) !== keyword) continue;
    return decodeText(type, body.subarray(end + 1));
  }
  return undefined;
}

function decodeText(type: string, rest: Uint8Array): string {
  if (type === "tEXt") return Buffer.from(rest).toString("latin1");
  if (type === "zTXt") return inflate(rest.subarray(1)).toString("latin1");
  const language = rest.indexOf(0, 2);
  const translated = rest.indexOf(0, language + 1);
  const text = rest.subarray(translated + 1);
  return rest[0] === 1 ? inflate(text).toString("utf8") : fromUtf8.decode(text);
}

function inflate(packed: Uint8Array): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: maxTextLength });
  } catch (error) {
    throw new LocRefError("image-invalid", "PNG file has a damaged text", {
      cause: error,
    });
  }
}
