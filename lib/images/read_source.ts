import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { byteCount, completeLimits, type ImageLimits } from "./image_limits.ts";
import {
  type ReadFileOptions,
  readRegularFile,
  statRegularFile,
} from "./read_regular_file.ts";

/** Longest source that messages repeat whole. */
const longest = 160;

/** How messages call a source: its path, or the kind of its data URL. */
export function sourceName(source: string): string {
  if (source.startsWith("data:")) {
    const comma = source.indexOf(",");
    const head = comma < 0 ? source : source.slice(0, comma);
    return `${shorten(head.slice(0, 40), 40)},…`;
  }
  // the end of a path says more than its beginning
  return source.length <= longest
    ? shorten(source, longest)
    : `…${shorten(source.slice(-longest + 1), longest)}`;
}

/** The files and URLs that may be read. */
export interface SourceAccess {
  /** Folders that files must lie in, links followed; then URLs are refused. @default {anywhere} */
  readonly roots?: readonly string[];
  /** Sources that are read wherever they lie. */
  readonly trusted?: ReadonlySet<string>;
}

/** Options of {@linkcode readSource}. */
export interface ReadSourceOptions {
  /** The beginning of messages. @default {`Image "<source>"`} */
  readonly name?: string;
  /** Folder that relative paths start from. @default {the current folder} */
  readonly folder?: string;
  /** How large the file may be. */
  readonly limits?: ImageLimits;
  /** The files and URLs that may be read. @default {all} */
  readonly access?: SourceAccess;
}

/**
 * The bytes of a path, a `file:` URL or a `data:` URL.
 *
 * @throws {LocRefError} `file-missing` or `image-invalid`, beginning with `options.name`.
 */
export async function readSource(
  source: string,
  options: ReadSourceOptions = {},
): Promise<Uint8Array> {
  const found = locateSource(source, options);
  return "url" in found
    ? await readDataUrl(found.url, found)
    : await readRegularFile(found.path, found);
}

/**
 * The size of a source in bytes, without reading it.
 *
 * @throws {LocRefError} `file-missing` or `image-invalid`, beginning with `options.name`.
 */
export async function sourceSize(
  source: string,
  options: ReadSourceOptions = {},
): Promise<number> {
  const found = locateSource(source, options);
  return "url" in found
    ? checkDataUrl(found.url, found)
    : await statRegularFile(found.path, found);
}

/** Where a source lies, and the conditions for reading it. */
type Located = ReadFileOptions & ({ path: string } | { url: string });

function locateSource(source: string, options: ReadSourceOptions): Located {
  const name = options.name ?? `Image "${sourceName(source)}"`;
  const maxBytes = completeLimits(options.limits).bytes;
  const { roots: allowed, trusted } = options.access ?? {};
  const roots = trusted?.has(source) ? undefined : allowed;
  if (isUrl(source) && !source.startsWith("file:")) {
    checkUrl(source, { name, roots });
    return { name, maxBytes, url: source };
  }
  const path = source.startsWith("file:") ? filePath(source, name) : source;
  const full = options.folder === undefined || isAbsolute(path)
    ? path
    : join(options.folder, path);
  return { name, maxBytes, roots, path: full };
}

/** Whether a source is a URL and no path; a drive's letter is none. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(source);
}

function checkUrl(
  source: string,
  { name, roots }: { name: string; roots?: readonly string[] },
): void {
  const scheme = source.slice(0, source.indexOf(":") + 1).toLowerCase();
  if (scheme === "sha256:") {
    throw new LocRefError(
      "image-invalid",
      `${name} was given as bytes, and the file holds only their SHA-256: give the picture again, or save with { provenance: "full" }`,
    );
  }
  if (roots !== undefined) {
    throw new LocRefError(
      "image-invalid",
      `${name}: ${
        shorten(scheme, 20)
      } URLs are not read in a scene from a file, unless { root: false } allows them (--allow-outside on the command line)`,
    );
  }
  if (scheme === "data:") return;
  throw new LocRefError(
    "image-invalid",
    `${name}: only paths and URLs of file:, data: and https: are read, download the picture first`,
  );
}

function filePath(url: string, name: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new LocRefError(
      "image-invalid",
      `${name}: no file: URL of this machine`,
      { cause },
    );
  }
}

function checkDataUrl(
  url: string,
  { name, maxBytes }: ReadFileOptions,
): number {
  const comma = url.indexOf(",");
  const base64 = /;base64$/i.test(url.slice(0, Math.max(0, comma)));
  const size = Math.floor((url.length - comma - 1) * (base64 ? 0.75 : 1));
  if (size <= maxBytes) return size;
  throw new LocRefError(
    "image-invalid",
    `${name}: the data: URL has ${byteCount(size)}, at most ${
      byteCount(maxBytes)
    } are allowed`,
  );
}

async function readDataUrl(
  url: string,
  options: ReadFileOptions,
): Promise<Uint8Array> {
  const { name } = options;
  checkDataUrl(url, options);
  try {
    return new Uint8Array(await (await fetch(url)).arrayBuffer());
  } catch (error) {
    throw new LocRefError("image-invalid", `${name}: broken data: URL`, {
      cause: error,
    });
  }
}
