import { readFile } from "node:fs/promises";
import { quotePath, systemReason } from "../machine/system_error.ts";
import { LocRefError } from "../error.ts";

/**
 * The bytes of the file at `path`.
 *
 * @throws {LocRefError} `file-missing`, naming the file and why it cannot be read.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = systemReason(cause);
    throw new LocRefError(
      "file-missing",
      `File ${quotePath(path)} cannot be read${reason ? `: ${reason}` : ""}`,
      { cause },
    );
  }
}
