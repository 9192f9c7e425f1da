import { readFile } from "node:fs/promises";
import { shorten } from "./core/quote.ts";
import { LocRefError } from "./error.ts";

/**
 * The JSON file at `path`, with or without a byte order mark.
 *
 * @param parse Reads its text; `JSON.parse` where absent.
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming the file.
 */
export async function readJson<T>(
  path: string,
  parse: (text: string) => unknown = JSON.parse,
): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new LocRefError("file-missing", `File "${path}" cannot be read`, {
      cause,
    });
  }
  try {
    return parse(text.replace(/^\uFEFF/, "")) as T;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "file-invalid",
      `File "${path}" is not JSON: ${shorten(reason, 200)}`,
      { cause },
    );
  }
}
