import { readFile } from "node:fs/promises";
import { LocRefError } from "./error.ts";

/**
 * The JSON file at `path`.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming the file.
 */
export async function readJson<T>(path: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new LocRefError("file-missing", `File "${path}" cannot be read`, {
      cause,
    });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "file-invalid",
      `File "${path}" is not JSON: ${reason}`,
      { cause },
    );
  }
}
