import { identifyBytes } from "./identify_bytes.ts";
import { exceeded } from "./json_limits.ts";
import { readBytes } from "./read_bytes.ts";
import { shorten } from "../quote.ts";
import { lowered } from "../lowered.ts";
import { LocRefError } from "../error.ts";

/** Parsers take minutes for text that does nothing but nest. */
const LIMITS = { depth: 500_000, keys: Infinity };

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
  const bytes = await readBytes(path);
  const excess = exceeded(bytes, LIMITS);
  if (excess) {
    const message =
      `File "${path}" is not JSON that can be read: it has ${excess}`;
    throw new LocRefError("file-invalid", message);
  }
  try {
    return parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    const known = identifyBytes(bytes.subarray(0, 4096), bytes.length);
    if (known?.standsIn) {
      throw new LocRefError(
        "file-invalid",
        `File "${path}" is not JSON but ${known.what}; ${lowered(known.next)}`,
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "file-invalid",
      `File "${path}" is not JSON: ${shorten(reason, 200)}`,
      { cause },
    );
  }
}
