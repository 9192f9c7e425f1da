import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocRefError } from "../core/error.ts";
import type { DenoiserShape } from "../bases/denoiser_shape.ts";
import { listModelFolder } from "../pipeline/list_model_folder.ts";
import {
  chooseWeightFiles,
  weightSets,
} from "../pipeline/load/choose_weight_files.ts";
import { baseKindOf } from "../bases/bases.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { openModelFolder } from "../weights/model_folder.ts";
import type { FetchFileOptions } from "../weights/hub/hub.ts";
import { NOT_WHOLE } from "../weights/hub/select_model_files.ts";
import { isPickleName } from "../weights/identify/pickle_files.ts";
import { openSafetensors } from "../weights/safetensors/safetensors.ts";
import { openShardedFile } from "../weights/safetensors/sharded.ts";
import type { ConfigSource } from "../weights/hub/remote_configs.ts";
import {
  coordinatesIn,
  diagnoseModelConfigs,
  diagnosePartConfig,
  folderSource,
} from "./diagnose_configs.ts";
import { type Diagnosis, FIX, summarise } from "./diagnosis.ts";
import { locrefFile, withSettings } from "./with_settings.ts";

/** Options of {@linkcode diagnose}. */
export interface DiagnoseOptions extends FetchFileOptions {
  /** Whether values are read, to find NaN and infinity; never of files on the hub. @default {true} */
  values?: boolean;
  /** Folder of the base model that an adapter is to fit. */
  base?: string;
  /** Variant of the weights, such as `fp16`. */
  variant?: string;
}

/** Says what a weight file on this machine is. */
export async function diagnoseFile(
  path: string,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const unet = await baseUnet(options);
  const openers = [{
    name: path,
    open: () =>
      path.endsWith(".index.json")
        ? openShardedFile(path, { anyType: true })
        : openSafetensors(path, { anyType: true }),
  }];
  return await summarise(path, openers, {
    unet,
    coordinates: await coordinatesIn(folderSource(dirname(path))),
    values: options.values,
  });
}

/** Says what a folder on this machine is, under the name `target`. */
export async function diagnoseFolder(
  target: string,
  folder: string,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const paths = await listModelFolder(folder);
  const { chosen, problems } = chooseWeightFiles(
    paths,
    undefined,
    options.variant,
  );
  const openers = weightSets(chosen).map((name) => ({
    name,
    open: () =>
      name.endsWith(".index.json")
        ? openShardedFile(join(folder, name), { anyType: true })
        : openSafetensors(join(folder, name), { anyType: true }),
  }));
  const unet = await baseUnet(options);
  const source = folderSource(folder);
  const found = await summarise(target, openers, {
    unet,
    coordinates: await coordinatesIn(source),
    values: options.values,
    refused: paths.filter(isPickleName),
    problems,
  });
  const whole = paths.includes("model_index.json");
  const read = await withConfigs(found, whole, source, folder);
  if (!read.ok || !whole) return read;
  const locref = join(folder, locrefFile);
  return await withSettings(read, {
    source: () => openModelFolder(folder, options),
    locref: existsSync(locref) ? () => openSafetensors(locref) : undefined,
  });
}

/** A diagnosis with what is wrong in the settings files beside the weights. */
export async function withConfigs(
  found: Diagnosis,
  whole: boolean,
  source: ConfigSource,
  folder?: string,
): Promise<Diagnosis> {
  const { problems, warnings } = whole
    ? await diagnoseModelConfigs(source, folder)
    : await diagnosePartConfig(source, found.files[0]?.kind ?? "unknown");
  const all = { ...found, warnings: [...found.warnings, ...warnings] };
  // Configs that are missing are named by their schemas, more exactly.
  const others = found.problems.filter((one) => !one.includes(NOT_WHOLE));
  return problems.length === 0 ? all : {
    ...all,
    problems: [...others, ...problems],
    ok: false,
    next: found.ok ? FIX : found.next,
  };
}

/** The denoiser that an adapter is to fit. */
export async function baseUnet(
  options: DiagnoseOptions,
): Promise<DenoiserShape | undefined> {
  if (options.base === undefined) return undefined;
  await readdir(options.base).catch(() => {
    throw new LocRefError("file-missing", `There is no folder ${options.base}`);
  });
  const kind = baseKindOf(await openModelFolder(options.base));
  const part = join(options.base, kind.folders?.[0] ?? "unet");
  const file = join(existsSync(part) ? part : options.base, "config.json");
  return kind.denoiserOf(await readConfigFile(file), { file });
}
