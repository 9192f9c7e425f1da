import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openAdapter } from "../adapters/adapter_file.ts";
import { LocRefError } from "../error.ts";
import { readJson } from "../read_json.ts";
import type { UnetConfig } from "../unet/unet_config.ts";
import { type FetchFileOptions, fetchRepo } from "../weights/hub.ts";
import { listSnapshot } from "../weights/hub_cache.ts";
import { listCommit, resolveRevision } from "../weights/hub_listing.ts";
import { type HubName, parseHubName } from "../weights/hub_name.ts";
import { hubContext } from "../weights/hub_request.ts";
import { hubSettings } from "../weights/hub_settings.ts";
import { isPickleName, pickleRefusal } from "../weights/pickle_files.ts";
import { openRemoteSafetensors } from "../weights/remote_safetensors.ts";
import {
  openSafetensors,
  type SafetensorsFile,
} from "../weights/safetensors.ts";
import { selectModelFiles } from "../weights/select_model_files.ts";
import { openShardedFile } from "../weights/sharded.ts";
import { checkModel } from "./check_model.ts";
import { diagnoseWeights, type WeightReport } from "./diagnose_weights.ts";
import { inferUnet } from "./infer_config.ts";
import { openBase, openImageEncoder } from "./model_files.ts";

/** What is known of a file, a folder or a repository. */
export interface Diagnosis {
  /** What was asked about. */
  readonly target: string;
  /** What it is, in words. */
  readonly what: string;
  readonly files: readonly WeightReport[];
  /** Pickles, which are never opened. */
  readonly refused: readonly string[];
  /** Each thing that is wrong beside what the files' reports say, as a sentence. */
  readonly problems: readonly string[];
  /** What to do next. */
  readonly next: string;
  /** Whether LocRef can use it as it is. */
  readonly ok: boolean;
}

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
 * it. Of a repository that is not in the cache only headers are read.
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
      `There is no file or folder ${target}, and it is no name on the Hugging Face hub either`,
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
        ? openShardedFile(path)
        : openSafetensors(path),
  }];
  return await summarise(path, openers, { unet, values: options.values });
}

async function diagnoseFolder(
  target: string,
  folder: string,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const paths = await listSnapshot(folder);
  const { chosen, problems } = choose(paths, undefined, options.variant);
  const openers = weightSets(chosen).map((name) => ({
    name,
    open: () =>
      name.endsWith(".index.json")
        ? openShardedFile(join(folder, name))
        : openSafetensors(join(folder, name)),
  }));
  const unet = await baseUnet(options);
  const found = await summarise(target, openers, {
    unet,
    values: options.values,
    refused: paths.filter(isPickleName),
    problems,
  });
  if (!found.ok || !paths.includes("model_index.json")) return found;
  const misfit = await checkFolder(folder, options.variant);
  return misfit === undefined
    ? found
    : { ...found, problems: [misfit], ok: false, next: "Mend what is named" };
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
  if (cached !== undefined) {
    return (await stat(cached)).isDirectory()
      ? await diagnoseFolder(target, cached, options)
      : await diagnoseFile(cached, options);
  }
  const settings = await hubSettings(options);
  if (settings.offline) {
    throw new LocRefError(
      "hub",
      `${target} is not in ${settings.cacheDir}, and HF_HUB_OFFLINE forbids to ask for it`,
    );
  }
  const context = hubContext(name, settings, options);
  const commit = await resolveRevision(context);
  const listing = await listCommit(context, commit);
  const paths = [...listing.keys()].sort();
  const { chosen, problems } = choose(paths, name.path, options.variant);
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
  return await summarise(target, openers, {
    unet: await baseUnet(options),
    values: false,
    refused: paths.filter((path) =>
      isPickleName(path) && path.startsWith(name.path ?? "")
    ),
    problems,
  });
}

/** Where a repository's files are, if all that are needed are in the cache. */
async function cachedFolder(
  name: HubName,
  options: DiagnoseOptions,
): Promise<string | undefined> {
  const select = (paths: readonly string[]) => {
    const { chosen, problems } = choose(paths, name.path, options.variant);
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
    if (error instanceof LocRefError) return undefined;
    throw error;
  }
}

/** The files that make up what is asked about, and what keeps them from being a whole. */
function choose(
  paths: readonly string[],
  path: string | undefined,
  variant: string | undefined,
): { chosen: string[]; problems: string[] } {
  if (path !== undefined && paths.includes(path)) {
    return { chosen: [path], problems: [] };
  }
  try {
    return {
      chosen: selectModelFiles(paths, { folder: path, variant }),
      problems: [],
    };
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    const prefix = path === undefined ? "" : `${path}/`;
    const chosen = paths.filter((one) =>
      one.startsWith(prefix) && one.endsWith(".safetensors")
    );
    return { chosen, problems: [error.message] };
  }
}

/** Weight files; of shards their index alone. */
function weightSets(paths: readonly string[]): string[] {
  const indices = paths.filter((path) =>
    /\.safetensors\.index.*\.json$/.test(path)
  );
  const folders = new Set(indices.map((path) => dirname(path)));
  const single = paths.filter((path) =>
    path.endsWith(".safetensors") &&
    !(/-\d{5}-of-\d{5}/.test(basename(path)) && folders.has(dirname(path)))
  );
  return [...single, ...indices].sort();
}

interface Opener {
  readonly name: string;
  open(): Promise<SafetensorsFile>;
}

interface SummaryOptions {
  readonly unet?: UnetConfig;
  readonly values?: boolean;
  readonly refused?: readonly string[];
  readonly problems?: readonly string[];
}

async function summarise(
  target: string,
  openers: readonly Opener[],
  options: SummaryOptions,
): Promise<Diagnosis> {
  const problems = [...options.problems ?? []];
  const files: WeightReport[] = [];
  let { unet } = options;
  // The UNet comes first, since adapters are compared with it.
  const ordered = [...openers].sort((a, b) =>
    Number(/(^|\/)unet\//.test(b.name)) - Number(/(^|\/)unet\//.test(a.name))
  );
  for (const { name, open } of ordered) {
    try {
      const file = await open();
      const { values } = options;
      const report = await diagnoseWeights(file, { unet, values });
      if (report.kind === "unet") unet ??= inferUnet(file);
      files.push({ ...report, file: name });
    } catch (error) {
      if (!(error instanceof LocRefError)) throw error;
      problems.push(error.message);
    }
  }
  files.sort((a, b) => a.file < b.file ? -1 : 1);
  if (openers.length === 0 && problems.length === 0) {
    problems.push("there is no safetensors file");
  }
  const ok = problems.length === 0 &&
    files.every((file) => file.problems.length === 0);
  return {
    target,
    what: describe(files),
    files,
    refused: options.refused ?? [],
    problems,
    next: advice(target, files, ok),
    ok,
  };
}

function describe(files: readonly WeightReport[]): string {
  const kinds = new Set(files.map((file) => file.kind));
  const unet = files.find((file) => file.kind === "unet");
  if (unet && kinds.has("vae") && kinds.has("clip-text")) {
    const base = unet.base?.startsWith("Stable")
      ? unet.base
      : "model of the Stable Diffusion kind";
    return kinds.has("locref") ? `${base} with a LocRef adapter` : base;
  }
  if (files.length === 0) return "nothing that can be read";
  return [...new Set(files.map((file) => file.what))].join("; ");
}

function advice(
  target: string,
  files: readonly WeightReport[],
  ok: boolean,
): string {
  if (files.length === 1) return files[0]!.next;
  if (!ok) {
    return files.find((file) => file.problems.length > 0)?.next ??
      "Mend what is named";
  }
  const whole = describe(files);
  if (whole.endsWith("with a LocRef adapter")) {
    return `Load it with LocRef.load(${JSON.stringify(target)})`;
  }
  return files.some((file) => file.kind === "unet")
    ? `Load it with LocRef.load(${
      JSON.stringify(target)
    }, { adapter, imageEncoder }), such as those of h94/IP-Adapter`
    : "Ask about the file you need by its path";
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
  return await readJson<UnetConfig>(join(folder, "config.json"));
}
