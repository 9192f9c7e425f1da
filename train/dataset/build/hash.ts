import { createHash } from "node:crypto";
import { openFile } from "../sources/open_file.ts";

/** SHA-256 in hexadecimal. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  using file = await openFile(path);
  const hash = createHash("sha256");
  const piece = new Uint8Array(2 ** 20);
  for (;;) {
    const read = await file.read(piece);
    if (read === null) return hash.digest("hex");
    hash.update(piece.subarray(0, read));
  }
}

/** A number in 0 … 1 that depends on `text` only. */
export function hashFraction(text: string): number {
  return parseInt(sha256(text).slice(0, 12), 16) / 2 ** 48;
}
