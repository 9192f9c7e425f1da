import { stat } from "node:fs/promises";
import { parsePythonJson } from "../../core/files/parse_json.ts";
import { formatBytes } from "../hub/disk_space.ts";
import { LocRefError } from "../../core/error.ts";
import { readJson } from "../../core/files/read_json.ts";

/** Most bytes of a config: the largest public ones have some kilobytes. */
export const configLimit: number = 2 ** 20;

/** Most bytes of a tokenizer's files: those of large vocabularies have some megabytes. */
export const vocabularyLimit: number = 2 ** 26;

/**
 * The JSON value of a model's settings file.
 *
 * @param most Most bytes that are read. @default {1 MiB}
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming the file, also where it is no
 * regular file or is larger than `most`.
 */
export async function readConfigFile(
  path: string,
  most: number = configLimit,
): Promise<unknown> {
  await checkSettingsFile(path, most);
  return await readJson<unknown>(path, parseConfigText);
}

/** Makes sure that a file can be read as a whole without harm; a missing one is for the reader to name. */
export async function checkSettingsFile(
  path: string,
  most: number,
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile()) {
    throw new LocRefError(
      "file-invalid",
      `File "${path}" must be a regular file`,
    );
  }
  if (found.size > most) {
    throw new LocRefError(
      "file-invalid",
      `File "${path}" must have at most ${formatBytes(most)}, got ${
        formatBytes(found.size)
      }`,
    );
  }
}

/**
 * The JSON value of a settings file's text. Numbers that Python writes and JSON lacks are read, so
 * that the key that holds one is named.
 *
 * @throws {SyntaxError} if `text` is no JSON.
 */
export function parseConfigText(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return parsePythonJson(text);
  }
}
