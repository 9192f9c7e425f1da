import { resolve } from "node:path";
import { liesInside } from "../core/files/lies_inside.ts";
import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { byteCount } from "./image_limits.ts";

/** Options of {@linkcode readRegularFile}. */
export interface ReadFileOptions {
  /** The beginning of messages, such as `Instance 1 ("cat.png"): reference`. */
  readonly name: string;
  /** Most bytes that the file may have. */
  readonly maxBytes: number;
  /** Folders that the file must lie in, links followed. @default {anywhere} */
  readonly roots?: readonly string[];
}

/**
 * The bytes of a regular file. Devices, pipes and sockets are never opened: reading them may not end.
 *
 * @throws {LocRefError} `file-missing` or `image-invalid`.
 */
export async function readRegularFile(
  path: string,
  options: ReadFileOptions,
): Promise<Uint8Array> {
  await statRegularFile(path, options);
  return await named(options.name, async () => {
    using file = await Deno.open(path, { read: true });
    // what was checked may have been replaced since
    const { size } = checkFile(await file.stat(), options);
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const count = await file.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
    }
    return bytes.subarray(0, length);
  });
}

/**
 * Checks a file without opening it.
 *
 * @returns its size in bytes.
 * @throws {LocRefError} `file-missing` or `image-invalid`.
 */
export async function statRegularFile(
  path: string,
  options: ReadFileOptions,
): Promise<number> {
  const { name, roots } = options;
  if (
    roots && !roots.some((root) => liesInside(resolve(path), resolve(root)))
  ) {
    const kind = await Deno.stat(path).then(kindOf, () => "file");
    if (kind === "a device" || kind === "a pipe or socket") {
      throw notRegular(name, kind);
    }
    throw outside(name, roots);
  }
  const info = await named(name, () => Deno.stat(path));
  if (roots) await checkLinks(path, { name, roots });
  return checkFile(info, options).size;
}

/** Refuses a path that leads out of its folders by a link. */
async function checkLinks(
  path: string,
  { name, roots }: { name: string; roots: readonly string[] },
): Promise<void> {
  const real = await named(name, () => Deno.realPath(path));
  for (const root of roots) {
    const folder = await Deno.realPath(root).catch(() => resolve(root));
    if (liesInside(real, folder)) return;
  }
  throw outside(name, roots, "leads by a link");
}

function outside(
  name: string,
  roots: readonly string[],
  verb = "lies",
): LocRefError {
  const where = roots.length === 0
    ? "is a file, and none may be read here"
    : `${verb} outside ${
      roots.map((root) => `"${shorten(resolve(root), 120)}"`).join(" and ")
    }`;
  return new LocRefError(
    "image-invalid",
    `${name} ${where}: a scene from a file reads only what lies there, unless root allows more (--root on the command line)`,
  );
}

function checkFile(
  info: Deno.FileInfo,
  { name, maxBytes }: ReadFileOptions,
): { size: number } {
  const kind = kindOf(info);
  if (kind !== "file") throw notRegular(name, kind);
  const { size } = info;
  if (size === 0) {
    throw new LocRefError("image-invalid", `${name}: the file is empty`);
  }
  if (size > maxBytes) {
    throw new LocRefError(
      "image-invalid",
      `${name}: the file has ${byteCount(size)}, at most ${
        byteCount(maxBytes)
      } are allowed`,
    );
  }
  return { size };
}

function notRegular(name: string, kind: string): LocRefError {
  return new LocRefError(
    "image-invalid",
    `${name} is not a regular file but ${kind}`,
  );
}

function kindOf(info: Deno.FileInfo): string {
  if (info.isFile) return "file";
  if (info.isDirectory) return "a folder";
  return info.isCharDevice || info.isBlockDevice
    ? "a device"
    : "a pipe or socket";
}

async function named<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof LocRefError) throw error;
    throw new LocRefError("file-missing", `${name}: ${reason(error)}`, {
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  if (
    error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory
  ) return "no such file";
  if (error instanceof Deno.errors.NotCapable) {
    return "reading it is not permitted, run with --allow-read";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system does not let it be read";
  }
  return `cannot be read (${shorten((error as Error).message, 160)})`;
}
