/** SHA-256, in hexadecimal digits. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of bytes, or of a text in UTF-8. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** A number in 0 … 1 that depends on `text` only. */
export function hashFraction(text: string): number {
  return parseInt(sha256(text).slice(0, 12), 16) / 2 ** 48;
}
