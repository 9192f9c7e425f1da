import { basename } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import { openFile } from "./open_file.ts";

/**
 * The rows of a CSV file (RFC 4180), as objects by the names in its first row.
 *
 * @throws {LocRefError} `file-invalid` if one of `columns` is missing, or a quote never ends.
 */
export async function* csvRows(
  path: string,
  columns: readonly string[],
): AsyncGenerator<Record<string, string>> {
  let names: readonly string[] | undefined;
  for await (const fields of csvFields(path)) {
    if (names === undefined) {
      names = fields;
      const missing = columns.filter((column) => !fields.includes(column));
      if (missing.length > 0) {
        throw new LocRefError(
          "file-invalid",
          `${basename(path)} has no column ${missing.join(", ")}`,
        );
      }
      continue;
    }
    if (fields.length === 1 && fields[0] === "") continue;
    yield Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""]));
  }
}

/** The rows of a CSV file as lists of fields. */
export async function* csvFields(path: string): AsyncGenerator<string[]> {
  using file = await openFile(path);
  const decoder = new TextDecoder();
  const piece = new Uint8Array(2 ** 20);
  let rest = "";
  for (;;) {
    const read = await file.read(piece);
    rest += read === null
      ? decoder.decode()
      : decoder.decode(piece.subarray(0, read), { stream: true });
    let start = 0;
    for (let end = endOfRow(rest, 0); end >= 0; end = endOfRow(rest, start)) {
      yield splitRow(rest.slice(start, end).replace(/\r$/, ""));
      start = end + 1;
    }
    rest = rest.slice(start);
    if (read === null) break;
  }
  if (rest === "") return;
  if (rest.split('"').length % 2 === 0) {
    throw new LocRefError(
      "file-invalid",
      `${basename(path)} ends within a quoted field`,
    );
  }
  yield splitRow(rest);
}

/** Index of the row's line feed, which is none inside quotes; −1 where there is none yet. */
function endOfRow(text: string, from: number): number {
  let quoted = false;
  const plain = text.indexOf("\n", from);
  const quote = text.indexOf('"', from);
  if (plain < 0 || quote < 0 || quote > plain) return plain;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === "\n" && !quoted) return i;
  }
  return -1;
}

function splitRow(row: string): string[] {
  if (!row.includes('"')) return row.split(",");
  const fields: string[] = [];
  const field = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const [, quoted, plain] of row.matchAll(field)) {
    fields.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
  }
  return fields;
}
