import { existsSync } from "node:fs";
import { join } from "node:path";
import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { LoadOptions } from "../options/load_options.ts";
import { pocketFolder } from "./pocket_folder.ts";

/** Where the parts of a model lie on this machine. */
export interface ModelLocation {
  /** Folder with `model_index.json`. */
  readonly base: string;
  /** Adapter file; absent: a plain model without references. */
  readonly adapter?: string;
  /** Folder of the image encoder. */
  readonly imageEncoder?: string;
}

/** Where a model's own folder holds its adapter and image encoder. */
const ownAdapter = join("locref", "locref.safetensors");
const ownImageEncoder = "image_encoder";

/**
 * Finds the parts of a model, fetching from the hub what is not on this machine.
 *
 * @throws {LocRefError} `file-missing` if a folder or file is not there.
 */
export async function locateModel(
  name: string,
  options: LoadOptions = {},
): Promise<ModelLocation> {
  const base = await folderOf(options.base ?? name, options);
  const adapter = options.adapter === undefined
    ? whereThere(join(base, ownAdapter))
    : await fileOf(options.adapter, options);
  const imageEncoder = options.imageEncoder === undefined
    ? whereThere(join(base, ownImageEncoder))
    : await folderOf(options.imageEncoder, options);
  return { base, adapter, imageEncoder };
}

async function folderOf(name: string, options: LoadOptions): Promise<string> {
  if (name === "pocket") return await pocketFolder();
  if (existsSync(name)) return name;
  if (name === `pocket/${ownImageEncoder}`) {
    return join(await pocketFolder(), ownImageEncoder);
  }
  refusePath(name);
  const { resolveModelFolder } = await import("../../weights/resolve_model.ts");
  return await resolveModelFolder(name, options);
}

async function fileOf(name: string, options: LoadOptions): Promise<string> {
  if (existsSync(name)) return name;
  refusePath(name);
  const { resolveModelFile } = await import("../../weights/resolve_model.ts");
  return await resolveModelFile(name, options);
}

function whereThere(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** A name that can only be a path is not looked for on the hub. */
function refusePath(name: string): void {
  if (!/^(\.{0,2}[\\/]|~|[A-Za-z]:)/.test(name) && name.includes("/")) return;
  throw new LocRefError(
    "file-missing",
    `Model "${
      shorten(name, 300)
    }" is not there: it must be "pocket", an existing path, or a hub id like "org/repo"`,
  );
}
