import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { LoadOptions, LoraOptions } from "../options/load_options.ts";
import { pocketFolder } from "./pocket_folder.ts";

/** Where the parts of a model lie on this machine. */
export interface ModelLocation {
  /** Folder with `model_index.json`. */
  readonly base: string;
  /** Adapter file; absent: a plain model without references. */
  readonly adapter?: string;
  /** Folder of the image encoder. */
  readonly imageEncoder?: string;
  /** LoRA files with their strengths. */
  readonly loras: readonly Required<LoraOptions>[];
}

/** Where a model's own folder holds its adapter and image encoder. */
const ownAdapter = join("locref", "locref.safetensors");
const ownImageEncoder = "image_encoder";

/**
 * Finds the parts of a model, fetching from the hub what is not on this machine.
 *
 * @throws {LocRefError} `file-missing` if a folder or file is missing.
 */
export async function locateModel(
  name: string,
  options: LoadOptions = {},
): Promise<ModelLocation> {
  const base = await folderOf(options.base ?? name, "Model", options);
  await checkModelFolder(base);
  const adapter = options.adapter === undefined
    ? whereThere(join(base, ownAdapter))
    : await fileOf(options.adapter, "Adapter", options);
  const imageEncoder = options.imageEncoder === undefined
    ? whereThere(join(base, ownImageEncoder))
    : await folderOf(options.imageEncoder, "Image encoder", options);
  const loras: Required<LoraOptions>[] = [];
  for (const { path, scale = 1, textScale = scale } of options.loras ?? []) {
    const file = await fileOf(path, "LoRA", options);
    loras.push({ path: file, scale, textScale });
  }
  return { base, adapter, imageEncoder, loras };
}

/** How messages call what is looked for, and the names that it may have. */
const allowed = {
  Model: '"pocket", an existing path, or a hub id like "org/repo"',
  "Image encoder":
    '"pocket/image_encoder", an existing folder, or one on the hub like "org/repo/folder"',
  Adapter:
    'an existing file, or one on the hub like "org/repo/file.safetensors"',
  LoRA: 'an existing file, or one on the hub like "org/repo/file.safetensors"',
} as const;

type Part = keyof typeof allowed;

async function folderOf(
  name: string,
  part: Part,
  options: LoadOptions,
): Promise<string> {
  if (name === "pocket") return await pocketFolder();
  if (existsSync(name)) return name;
  if (name === `pocket/${ownImageEncoder}`) {
    return join(await pocketFolder(), ownImageEncoder);
  }
  refusePath(name, part);
  const { resolveModelFolder } = await import("../../weights/resolve_model.ts");
  return await resolveModelFolder(name, options);
}

async function fileOf(
  name: string,
  part: Part,
  options: LoadOptions,
): Promise<string> {
  if (existsSync(name)) return name;
  refusePath(name, part);
  const { resolveModelFile } = await import("../../weights/resolve_model.ts");
  return await resolveModelFile(name, options);
}

/** A folder of something else is named before one of its files is missed. */
async function checkModelFolder(folder: string): Promise<void> {
  if (!(await stat(folder)).isDirectory()) {
    throw new LocRefError(
      "file-missing",
      `Model ${quote(folder)} is a file, where a model's folder was expected`,
    );
  }
  const parts = ["model_index.json", "unet", "vae", "text_encoder"];
  if (parts.some((part) => existsSync(join(folder, part)))) return;
  throw new LocRefError(
    "file-missing",
    `Folder ${quote(folder)} holds no model: ${parts.join(", ")} are missing`,
  );
}

function whereThere(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** A name that can only be a path is not looked for on the hub. */
function refusePath(name: string, part: Part): void {
  if (!/^(\.{0,2}[\\/]|~|[A-Za-z]:)/.test(name) && name.includes("/")) return;
  throw new LocRefError(
    "file-missing",
    `${part} ${quote(name)} does not exist: it must be ${allowed[part]}`,
  );
}
