import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openAdapter } from "../adapters/adapter_formats.ts";
import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import type { UnetConfig } from "../bases/sd/unet_config.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { parseUnetConfig } from "../weights/configs/unet_config.ts";
import { type FetchFileOptions, fetchRepo } from "../weights/hub/hub.ts";
import { listCommit, resolveRevision } from "../weights/hub/listing.ts";
import { type HubName, parseHubName } from "../weights/hub/name.ts";
import { hubContext } from "../weights/hub/request.ts";
import { hubSettings } from "../weights/hub/settings.ts";
import {
  isPickleName,
  pickleRefusal,
} from "../weights/identify/pickle_files.ts";
import { openRemoteSafetensors } from "../weights/safetensors/remote_safetensors.ts";
import { NOT_WHOLE } from "../weights/hub/select_model_files.ts";
import { openSafetensors } from "../weights/safetensors/safetensors.ts";
import { openShardedFile } from "../weights/safetensors/sharded.ts";
import { checkModel } from "../pipeline/load/check_model.ts";
import {
  chooseWeightFiles,
  weightSets,
} from "../pipeline/load/choose_weight_files.ts";
import {
  type ConfigSource,
  diagnoseModelConfigs,
  diagnosePartConfig,
  folderSource,
} from "./diagnose_configs.ts";
import { type Diagnosis, FIX, summarise } from "./diagnosis.ts";
import { remoteSource } from "./remote_configs.ts";
import { listModelFolder } from "../pipeline/list_model_folder.ts";
import { openBase } from "../bases/sd/open_base.ts";
import { openImageEncoder } from "../encoders/open_image_encoder.ts";

/** Options of {@linkcode diagnose}. */
export interface DiagnoseOptions extends FetchFileOptions {
  /** Whether values are read, to find NaN and infinity; never of files on the hub. @default {true} */
  values?: boolean;
  /** Folder of the base model that an adapter is to fit. */
  base?: string;
  /** Variant of the weights, such as `fp16`. */
  variant?: string;
}

/**
 * Says what a weight file, a model's folder or a repository on the hub is, and what is wrong with
 * it. Of a repository that is not in the cache only headers and settings are read.
 *
 * @throws {LocRefError} `file-missing` if there is nothing of that name, `hub` if the hub cannot be
 * asked.
 */
export async function diagnose(
  target: string,
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  if (isPickleName(target)) return pickleDiagnosis(target);
  if (existsSync(target)) {
    return (await stat(target)).isDirectory()
      ? await diagnoseFolder(target, target, options)
      : await diagnoseFile(target, options);
  }
  const name = /^[./~]/.test(target) ? undefined : parseHubName(target);
  if (name === undefined) {
    throw new LocRefError(
      "file-missing",
      `There is no file or folder ${
        shorten(target, 300)
      }, and it is no name on the Hugging Face hub either`,
    );
  }
  return await diagnoseRepo(target, name, options);
}

function pickleDiagnosis(target: string): Diagnosis {
  const what = "Python pickle, not opened";
  const next =
    "Take the safetensors file that most repositories have beside it";
  const problems = [pickleRefusal(target)];
  return {
    target,
    what,
    files: [],
    refused: [target],
    problems,
    warnings: [],
    next,
    ok: false,
  };
}

async function diagnoseFile(
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
  return await summarise(path, openers, { unet, values: options.values });
}

async function diagnoseFolder(
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
  const found = await summarise(target, openers, {
    unet,
    values: options.values,
    refused: paths.filter(isPickleName),
    problems,
  });
  const whole = paths.includes("model_index.json");
  const source = folderSource(folder);
  const read = await withConfigs(
    found,
    whole,
    source,
    join(folder, "tokenizer"),
  );
  if (!read.ok || !whole) return read;
  const misfit = await checkFolder(folder, options.variant);
  if (misfit === undefined) return read;
  return { ...read, problems: [misfit], ok: false, next: FIX };
}

/** A diagnosis with what is wrong in the settings files beside the weights. */
async function withConfigs(
  found: Diagnosis,
  whole: boolean,
  source: ConfigSource,
  tokenizer?: string,
): Promise<Diagnosis> {
  const { problems, warnings } = whole
    ? await diagnoseModelConfigs(source, tokenizer)
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

/** Whether the parts of a model fit together; each is known to be whole. */
async function checkFolder(
  folder: string,
  variant: string | undefined,
): Promise<string | undefined> {
  const adapter = join(folder, "locref", "locref.safetensors");
  const imageEncoder = join(folder, "image_encoder");
  try {
    checkModel({
      base: await openBase(folder, { variant }),
      adapter: existsSync(adapter) ? await openAdapter(adapter) : undefined,
      imageEncoder: existsSync(imageEncoder)
        ? await openImageEncoder(imageEncoder, { variant })
        : undefined,
    });
  } catch (error) {
    if (error instanceof LocRefError) return error.message;
    throw error;
  }
}

async function diagnoseRepo(
  target: string,
  name: HubName,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const cached = await cachedFolder(name, options);
  if (typeof cached === "string") {
    return (await stat(cached)).isDirectory()
      ? await diagnoseFolder(target, cached, options)
      : await diagnoseFile(cached, options);
  }
  const settings = await hubSettings(options);
  if (settings.offline) throw cached;
  const context = hubContext(name, settings, options);
  const commit = await resolveRevision(context);
  const listing = await listCommit(context, commit);
  const paths = [...listing.keys()].sort();
  const { chosen, problems } = chooseWeightFiles(
    paths,
    name.path,
    options.variant,
  );
  const openers = chosen.filter((path) => path.endsWith(".safetensors")).map(
    (path) => ({
      name: path,
      open: () =>
        openRemoteSafetensors(
          { commit, path, size: listing.get(path)!.size },
          context,
        ),
    }),
  );
  const found = await summarise(target, openers, {
    unet: await baseUnet(options),
    values: false,
    refused: paths.filter((path) =>
      isPickleName(path) && path.startsWith(name.path ?? "")
    ),
    problems,
  });
  const source = remoteSource(name, { context, commit, listing });
  const whole = source.has("model_index.json");
  return await withConfigs(found, whole, source);
}

/** Where a repository's files are, if all that are needed are in the cache; else what is missing. */
async function cachedFolder(
  name: HubName,
  options: DiagnoseOptions,
): Promise<string | LocRefError> {
  const select = (paths: readonly string[]) => {
    const { chosen, problems } = chooseWeightFiles(
      paths,
      name.path,
      options.variant,
    );
    if (problems.length === 0) return chosen;
    throw new LocRefError("file-missing", problems[0]!);
  };
  try {
    const folder = await fetchRepo(name.id, {
      ...options,
      revision: options.revision ?? name.revision,
      offline: true,
      select,
    });
    return name.path === undefined ? folder : join(folder, name.path);
  } catch (error) {
    if (error instanceof LocRefError) return error;
    throw error;
  }
}

async function baseUnet(
  options: DiagnoseOptions,
): Promise<UnetConfig | undefined> {
  if (options.base === undefined) return undefined;
  const folder = existsSync(join(options.base, "unet"))
    ? join(options.base, "unet")
    : options.base;
  await readdir(folder).catch(() => {
    throw new LocRefError("file-missing", `There is no folder ${options.base}`);
  });
  const file = join(folder, "config.json");
  return parseUnetConfig(await readConfigFile(file), { file }).config;
}
