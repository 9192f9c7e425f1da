import { Buffer } from "node:buffer";
import { quote } from "../core/quote.ts";
import { encodePng } from "../images/encode_png.ts";
import type { Raster } from "../images/raster.ts";

/** Pixels with their size: a picture that this package made, a raster, or an `ImageData`. */
export interface Pixels {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Red, green, blue and alpha of each pixel, 0 to 255, row by row. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * A picture to refer to: a path; a `file:`, `data:` or `https:` URL; the bytes of a file in any form
 * (`Uint8Array`, `ArrayBuffer`, `Blob`, `File`); or pixels (a `Picture`, an `ImageData`).
 */
export type Reference =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Pixels;

/** Names a reference in messages. */
const allowed = "a path, a URL, the bytes of a picture, or a picture";

/**
 * A reference as a scene keeps it: paths and URLs as they are, bytes and pixels as a `data:` URL, and
 * a `Blob` as itself, since its bytes are read later.
 *
 * @param name the beginning of messages, such as `Instance 2: reference`.
 * @param phrase names what is allowed.
 * @throws {TypeError} if it is no reference, or empty.
 */
export function referenceText(
  reference: unknown,
  name: string,
  phrase: string = allowed,
): string | Blob {
  if (typeof reference === "string") return reference;
  if (reference instanceof URL) return reference.href;
  if (reference instanceof Blob) {
    if (reference.size > 0) return reference;
    throw new TypeError(`${name} is an empty ${kindOf(reference)}`);
  }
  if (isDetached(reference)) {
    throw new TypeError(
      `${name} is ${
        quote(reference)
      } whose bytes were transferred elsewhere: give a copy`,
    );
  }
  const bytes = bytesOf(reference);
  if (bytes !== undefined) {
    if (bytes.length > 0) return dataUrl(bytes);
    throw new TypeError(`${name} is an empty ${kindOf(reference)}`);
  }
  if (isPixels(reference)) return dataUrl(pngOf(reference, name));
  throw new TypeError(`${name} must be ${phrase}, got ${quote(reference)}`);
}

/** Bytes as a `data:` URL. */
export function dataUrl(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const base64 = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return `data:application/octet-stream;base64,${base64}`;
}

/** Bytes that `postMessage` or `structuredClone` took away. */
function isDetached(value: unknown): boolean {
  if (value instanceof ArrayBuffer) return value.detached;
  return ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer &&
    value.buffer.detached;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function isPixels(value: unknown): value is Pixels {
  if (typeof value !== "object" || value === null) return false;
  const { width, height, data } = value as Partial<Pixels>;
  return typeof width === "number" && typeof height === "number" &&
    ArrayBuffer.isView(data);
}

function pngOf({ width, height, data }: Pixels, name: string): Uint8Array {
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const whole = Number.isInteger(width) && Number.isInteger(height);
  if (bytes && whole && width > 0 && data.length === width * height * 4) {
    const { buffer, byteOffset, byteLength } = data;
    const plain = new Uint8Array(buffer, byteOffset, byteLength);
    return encodePng({ width, height, data: plain } satisfies Raster);
  }
  throw new TypeError(
    `${name} is a picture of ${quote(width)} × ${
      quote(height)
    } pixels, which takes four bytes each, got ${data.byteLength} bytes in ${
      quote(data)
    }`,
  );
}

function kindOf(value: unknown): string {
  return (value as object).constructor.name;
}
