import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocRefError } from "../error.ts";

/** How messages call a source: its path, or what kind of data URL it is. */
export function sourceName(source: string): string {
  if (!source.startsWith("data:")) return source;
  const comma = source.indexOf(",");
  const head = comma < 0 ? source : source.slice(0, comma);
  return `${head.slice(0, 40)},…`;
}

/** Options of {@linkcode readSource}. */
export interface ReadSourceOptions {
  /** What messages begin with. @default {`Image "<source>"`} */
  readonly name?: string;
  /** Folder that relative paths start from. @default {the current folder} */
  readonly folder?: string;
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
  const name = options.name ?? `Image "${sourceName(source)}"`;
  if (source.startsWith("data:")) return await readDataUrl(source, name);
  if (/^[a-z][a-z0-9+.-]+:/i.test(source) && !source.startsWith("file:")) {
    throw new LocRefError(
      "image-invalid",
      `${name}: only paths, file: and data: URLs are read, download the picture first`,
    );
  }
  const path = source.startsWith("file:") ? fileURLToPath(source) : source;
  const full = options.folder === undefined || isAbsolute(path)
    ? path
    : join(options.folder, path);
  try {
    return await Deno.readFile(full);
  } catch (error) {
    throw new LocRefError("file-missing", `${name}: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function readDataUrl(url: string, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await (await fetch(url)).arrayBuffer());
  } catch (error) {
    throw new LocRefError("image-invalid", `${name}: broken data: URL`, {
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.NotCapable) {
    return "reading it is not permitted, run with --allow-read";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system does not let it be read";
  }
  return `cannot be read (${(error as Error).message})`;
}
