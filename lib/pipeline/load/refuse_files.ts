/** Refuses files that cannot be used by themselves, before anything is fetched: only headers and settings are read. */

import { existsSync } from "node:fs";
import { formatOf, namedAdapter } from "../../adapters/adapter_formats.ts";
import { baseKindOf } from "../../bases/bases.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import { isPickleName } from "../../weights/identify/pickle_files.ts";
import {
  type PeekedFolder,
  peekFolder,
  peekHeader,
} from "../../weights/hub/peek.ts";
import { loraIn } from "../../weights/lora/lora_file.ts";
import { missingPart, supplied } from "../../weights/missing_part.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import type { SafetensorsFile } from "../../weights/safetensors/safetensors.ts";
import { isRecord } from "../../weights/safetensors_tensors.ts";
import {
  familyNames,
  familyOf,
  findParts,
} from "../../weights/single_file/family.ts";
import type { FileParts } from "../../weights/single_file/part_prefixes.ts";
import { prefixIn } from "../../weights/single_file/part_file.ts";
import { coordinatesNamed, inputProblem } from "../../weights/unet_channels.ts";
import { refuseUnread } from "../../weights/unread_types.ts";
import type { LoadOptions } from "../options/load_options.ts";
import {
  type GivenPart,
  isFileName,
  refuseFileName,
  refusePath,
} from "./locate_model.ts";
import { refuseEncoderFile } from "./refuse_encoder_file.ts";
import { refuseWithout } from "./refuse_without.ts";

/** A name that was given, and what it stands for. */
interface Given {
  readonly name: string;
  readonly part: GivenPart;
  /** Refuses a file by its header. */
  check?(file: SafetensorsFile): void;
  /** Refuses a folder of the hub. @default {any is taken} */
  folder?(folder: PeekedFolder): void | Promise<void>;
  /** A file that is in the cache where the folder is. @default {"config.json"} */
  readonly mark?: string;
}

/**
 * Refuses models, parts, adapters and LoRAs that cannot be used whatever they are loaded with: pickles,
 * files of other kinds or with tensors of types that are not read, models of other families. Of what
 * is on the hub only lists, headers and settings are read.
 *
 * @throws {LocRefError} naming the file or folder as it was given, and the way out.
 */
export async function refuseFiles(
  name: string,
  options: LoadOptions,
): Promise<void> {
  const given = allGiven(name, options);
  for (const { name, part } of given) {
    if (isPickleName(name)) refuseFileName(name, part);
  }
  for (const one of given) {
    if (isFileName(one.name)) await refuseFile(one, options);
    else await refuseFolder(one, options);
  }
}

async function refuseFile(
  { name, part, check }: Given,
  options: LoadOptions,
): Promise<void> {
  refuseFileName(name, part);
  const file = (await peekHeader(name, options))?.value;
  if (file === undefined) return;
  refuseUnread(name, file.names().map((one) => [one, file.info(one)!]));
  check?.({ ...file, path: name });
}

async function refuseFolder(
  { name, part, folder, mark = "config.json" }: Given,
  options: LoadOptions,
): Promise<void> {
  if (folder === undefined || existsSync(name) || isPocket(name)) return;
  refusePath(name, part);
  const found = await peekFolder(name, mark, options);
  if (found !== undefined) await folder(found);
}

function allGiven(name: string, options: LoadOptions): Given[] {
  const { adapter = [], loras = [], taesd, imageEncoder } = options;
  const adapters = [adapter].flat().filter((one) => !namedAdapter(one));
  return [
    modelGiven(options.base ?? name, options),
    ...partsGiven(options),
    ...adapters.map(adapterGiven),
    ...loras.map(({ path }): Given => ({
      name: path,
      part: "LoRA",
      check: (file) => void loraIn(file),
    })),
    ...[taesd ?? []].flat().map(taesdGiven),
    ...(imageEncoder === undefined ? [] : [encoderGiven(imageEncoder)]),
  ];
}

function modelGiven(name: string, options: LoadOptions): Given {
  return {
    name,
    part: "Model",
    mark: "model_index.json",
    check: (file) => refuseCheckpoint(file, options),
    folder: (folder) => refuseModel(name, folder, options),
  };
}

/** A checkpoint must hold every part that no option supplies. */
function refuseCheckpoint(file: SafetensorsFile, options: LoadOptions): void {
  const { path } = file;
  const parts = findParts(file);
  const family = familyOf(file, { path, parts });
  const second = family === "sdxl" ? ["text_encoder_2"] : [];
  for (const part of ["vae", "text_encoder", ...second]) {
    const option = supplied[part]![1] as "vae";
    if (parts[part as keyof FileParts] ?? options[option]) continue;
    throw missingPart(path, part, familyNames[family]);
  }
}

/** A repository must hold a pipeline of a family that runs, with a UNet that reads what is given. */
async function refuseModel(
  name: string,
  folder: PeekedFolder,
  options: LoadOptions,
): Promise<void> {
  refuseWithout(indexFile, name, folder);
  const { paths, configs } = folder;
  const value = await configs.read(indexFile);
  const kind = baseKindOf({
    path: name,
    index: { value, file: configs.pathOf(indexFile) },
    has: (part) => paths.some((path) => path.startsWith(`${part}/`)),
  });
  const read = [
    indexFile,
    "scheduler/scheduler_config.json",
    ...(options.unet === undefined ? [unetFile] : []),
  ];
  for (const { name, parse } of kind.settings) {
    if (!read.includes(name) || !configs.has(name)) continue;
    const found = await configs.read(name);
    parse(found, { file: configs.pathOf(name) });
    if (name === unetFile) refuseChannels(found, configs.pathOf(name));
  }
}

const indexFile = "model_index.json";
const unetFile = "unet/config.json";

function refuseChannels(config: unknown, file: string): void {
  if (!isRecord(config)) return;
  const { in_channels: reads = 4, out_channels: latents = 4 } = config;
  if (typeof reads !== "number" || typeof latents !== "number") return;
  const problem = inputProblem(reads, latents, coordinatesNamed(config));
  if (problem === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `LocRef cannot use the UNet of ${quotePath(file)}: ${problem}`,
  );
}

function partsGiven(options: LoadOptions): Given[] {
  return Object.entries(supplied).flatMap(([part, [, option]]): Given[] => {
    const name = options[option as "unet"];
    return name === undefined ? [] : [{
      name,
      part: "Part",
      check: (file) =>
        void prefixIn(file, { path: name, part: part as keyof FileParts }),
      folder: (folder) =>
        refuseWithout("config.json", name, folder, { inside: part }),
    }];
  });
}

function adapterGiven(name: string): Given {
  return {
    name,
    part: "Adapter",
    check: (file) => void formatOf(file),
  };
}

/** An image encoder is a folder: sizes of its heads stand in its settings alone. */
function encoderGiven(name: string): Given {
  return {
    name,
    part: "Image encoder",
    check: (file) => refuseEncoderFile(name, file),
    folder: (folder) =>
      refuseWithout("config.json", name, folder, {
        inside: "image_encoder",
        alone: false,
      }),
  };
}

function taesdGiven(name: string): Given {
  return {
    name,
    part: "Tiny VAE",
    check: (file) =>
      refuseOtherKind(file, {
        kinds: ["taesd"],
        file: `File ${quote(name)}`,
        expected: "tiny VAE",
      }),
    folder(folder) {
      if (folder.paths.includes("taesd_decoder.safetensors")) return;
      refuseWithout("config.json", name, folder);
    },
  };
}

function isPocket(name: string): boolean {
  return name === "pocket" || name === "pocket/image_encoder";
}
