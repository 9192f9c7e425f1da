import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { nearest } from "../../core/known_keys.ts";
import { quote } from "../../core/quote.ts";
import { namedAdapter, namedAdapters } from "../../adapters/adapter_formats.ts";
import { ownLayouts } from "../../bases/bases.ts";
import { LocRefError } from "../../core/error.ts";
import type { LoadOptions, LoraOptions } from "../options/load_options.ts";
import {
  isPickleName,
  pickleRefusal,
} from "../../weights/identify/pickle_files.ts";
import type { Replacements } from "../../weights/single_file/replace_parts.ts";
import { isSafetensorsName } from "../../weights/safetensors/safetensors_name.ts";
import { pocketFolder } from "./pocket_folder.ts";

/** Where the parts of a model lie on this machine. */
export interface ModelLocation {
  /** Folder with `model_index.json`, or a checkpoint in one file. */
  readonly base: string;
  /** Folders or files in the place of the base's own parts. @default {none} */
  readonly replacements?: Replacements;
  /** Adapter files; none: a plain model without references. */
  readonly adapters: readonly string[];
  /** Folder of the image encoder. */
  readonly imageEncoder?: string;
  /** Folder or file of a tiny VAE. */
  readonly taesd?: string;
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
  const base = await fileOrFolder(options.base ?? name, "Model", options);
  await checkModelPath(base);
  const { adapter = whereThere(join(base, ownAdapter)) ?? [] } = options;
  const adapters = await Promise.all(
    [adapter].flat().map((one) =>
      namedAdapter(one) ? one : fileOf(one, "Adapter", options)
    ),
  );
  const imageEncoder = options.imageEncoder === undefined
    ? whereThere(join(base, ownImageEncoder))
    : await folderOf(options.imageEncoder, "Image encoder", options);
  const taesd = options.taesd === undefined
    ? undefined
    : await fileOrFolder(options.taesd, "Tiny VAE", options);
  const loras: Required<LoraOptions>[] = [];
  for (const { path, scale = 1, textScale = scale } of options.loras ?? []) {
    const file = await fileOf(path, "LoRA", options);
    loras.push({ path: file, scale, textScale });
  }
  const replacements = await locateParts(options);
  return { base, adapters, imageEncoder, taesd, loras, replacements };
}

/** Parts in the place of the base's own. */
async function locateParts(options: LoadOptions): Promise<Replacements> {
  const given = {
    unet: options.unet,
    vae: options.vae,
    text_encoder: options.textEncoder,
    text_encoder_2: options.textEncoder2,
  };
  const found: Record<string, string> = {};
  for (const [part, name] of Object.entries(given)) {
    if (name === undefined) continue;
    found[part] = await fileOrFolder(name, "Part", options);
  }
  return found;
}

/** A name that ends like a weight file is one, here or on the hub. */
async function fileOrFolder(
  name: string,
  part: GivenPart,
  options: LoadOptions,
): Promise<string> {
  return isFileName(name)
    ? await fileOf(name, part, options)
    : await folderOf(name, part, options);
}

/** Whether a name is that of a weight file, here or on the hub. */
export function isFileName(name: string): boolean {
  return isSafetensorsName(name) || isPickleName(name);
}

/** How messages call what is looked for, and the names that it may have. */
const allowed = {
  Model:
    '"pocket", an existing path, or a hub id like "org/repo" or "org/repo/file.safetensors"',
  Part:
    'an existing folder or file, or one on the hub like "org/repo/folder" or "org/repo/file.safetensors"',
  "Tiny VAE": 'an existing folder or file, or one on the hub like "org/repo"',
  "Image encoder":
    '"pocket/image_encoder", an existing folder, or one on the hub like "org/repo/folder"',
  Adapter:
    `an existing file, one on the hub like "org/repo/file.safetensors", ${
      namedAdapters.map(({ name }) => `"${name}"`).join(", ")
    }`,
  LoRA: 'an existing file, or one on the hub like "org/repo/file.safetensors"',
} as const;

/** A part of a model, as messages call it. */
export type GivenPart = keyof typeof allowed;

async function folderOf(
  name: string,
  part: GivenPart,
  options: LoadOptions,
): Promise<string> {
  if (name === "pocket") return await pocketFolder();
  if (existsSync(name)) return name;
  if (name === `pocket/${ownImageEncoder}`) {
    return join(await pocketFolder(), ownImageEncoder);
  }
  refusePath(name, part);
  const { resolveModelFolder } = await import("../../weights/resolve_model.ts");
  return await resolveModelFolder(name, { ...options, layouts: ownLayouts() });
}

async function fileOf(
  name: string,
  part: GivenPart,
  options: LoadOptions,
): Promise<string> {
  refuseFileName(name, part);
  if (existsSync(name)) return name;
  const { resolveModelFile } = await import("../../weights/resolve_model.ts");
  return await resolveModelFile(name, options);
}

/**
 * Refuses the name of a file that is missing and on no hub, and that of a pickle.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming the file and the way out.
 */
export function refuseFileName(name: string, part: GivenPart): void {
  if (!existsSync(name)) refusePath(name, part);
  if (!isPickleName(name)) return;
  throw new LocRefError("file-invalid", pickleRefusal(name));
}

/** A folder of something else is named before one of its files is missed. */
async function checkModelPath(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) return;
  const parts = ["model_index.json", "unet", "vae", "text_encoder"];
  if (parts.some((part) => existsSync(join(path, part)))) return;
  throw new LocRefError(
    "file-missing",
    `Folder ${quote(path)} holds no model: ${parts.join(", ")} are missing`,
  );
}

function whereThere(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/**
 * Refuses a name that can only be a path, which is not looked for on the hub.
 *
 * @throws {LocRefError} `file-missing`, with the names that there may be.
 */
export function refusePath(name: string, part: GivenPart): void {
  if (!/^(\.{0,2}[\\/]|~|[A-Za-z]:)/.test(name) && name.includes("/")) return;
  const near = part === "Adapter"
    ? nearest(name, namedAdapters.map((one) => one.name))
    : undefined;
  throw new LocRefError(
    "file-missing",
    `${part} ${quote(name)} does not exist: it must be ${allowed[part]}${
      near === undefined ? "" : ` (did you mean "${near}"?)`
    }`,
  );
}
