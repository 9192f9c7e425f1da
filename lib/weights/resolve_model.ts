import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { quote, shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { fetchFile, type FetchFileOptions, fetchRepo } from "./hub/hub.ts";
import { type HubName, parseHubName } from "./hub/name.ts";
import { refuseLocalName } from "./local_name.ts";
import { isPickleName, pickleRefusal } from "./identify/pickle_files.ts";
import { selectModelFiles } from "./hub/select_model_files.ts";
import { isIndex } from "./safetensors/select_weights.ts";
import { readIndex } from "./safetensors/sharded.ts";

/** Options of {@linkcode resolveModelFolder}. */
export interface ResolveModelOptions extends FetchFileOptions {
  /** Variant of the weights, such as `fp16`; parts without it are taken plain. */
  variant?: string;
  /** Folders of further families of models, as {@linkcode selectModelFiles} takes them. */
  layouts?: readonly (readonly string[])[];
}

/**
 * The folder of a model on this machine: `nameOrPath` itself if it is a folder.
 *
 * Otherwise it names a repository: `org/repo`, `org/repo@revision`, `org/repo/folder` or
 * `org/repo@revision:folder`. The files that the model needs are fetched from the hub unless cached.
 *
 * @throws {LocRefError} `file-missing` if it is neither, `hub` if it cannot be fetched.
 */
export async function resolveModelFolder(
  nameOrPath: string,
  options: ResolveModelOptions = {},
): Promise<string> {
  if (existsSync(nameOrPath)) {
    if ((await stat(nameOrPath)).isDirectory()) return nameOrPath;
    throw new LocRefError(
      "file-missing",
      `${nameOrPath} is a file, where the folder of a model was expected`,
    );
  }
  const name = hubNameOf(nameOrPath, "folder");
  const { variant, layouts } = options;
  let chosen: readonly string[] = [];
  const snapshot = await fetchRepo(name.id, {
    ...options,
    revision: options.revision ?? name.revision,
    select(paths) {
      chosen = selectModelFiles(paths, { variant, layouts, folder: name.path });
      return chosen;
    },
  });
  await fetchShards(name.id, snapshot, chosen, options);
  return name.path === undefined ? snapshot : join(snapshot, name.path);
}

/** Fetches the shards that an index among `chosen` names, by whatever names, and that have not come. */
async function fetchShards(
  id: string,
  snapshot: string,
  chosen: readonly string[],
  options: FetchFileOptions,
): Promise<void> {
  const lost: string[] = [];
  for (const path of chosen.filter(isIndex)) {
    const shards = (await readIndex(join(snapshot, path))).values();
    for (const shard of new Set(shards)) {
      const sibling = posix.join(posix.dirname(path), shard);
      if (!existsSync(join(snapshot, sibling))) lost.push(sibling);
    }
  }
  if (lost.length === 0) return;
  const revision = basename(snapshot);
  await fetchRepo(id, { ...options, revision, refresh: false, files: lost });
}

/**
 * A safetensors (or ONNX) file on this machine: `nameOrPath` itself if it exists.
 *
 * Otherwise it is `org/repo/path` or `org/repo@revision:path`, fetched from the hub unless cached.
 *
 * @param options With `pickles` also a checkpoint of PyTorch, for those who take only tensors out.
 * @throws {LocRefError} `file-missing` if it is neither, `file-invalid` if it is a pickle, `hub` if
 * it cannot be fetched.
 */
export async function resolveModelFile(
  nameOrPath: string,
  options: FetchFileOptions & { readonly pickles?: boolean } = {},
): Promise<string> {
  if (!options.pickles && isPickleName(nameOrPath)) {
    throw new LocRefError("file-invalid", pickleRefusal(nameOrPath));
  }
  if (existsSync(nameOrPath)) return nameOrPath;
  const name = hubNameOf(nameOrPath, "file");
  if (name.path === undefined) {
    throw new LocRefError(
      "file-missing",
      `${nameOrPath} names a repository, where a file was expected: write ${nameOrPath}/FILE or ${name.id}@REVISION:FILE`,
    );
  }
  return await fetchFile(name.id, name.path, {
    ...options,
    revision: options.revision ?? name.revision,
  });
}

/**
 * An ONNX file on this machine: a path, `org/repo/path.onnx`, or the one model of `org/repo`, with
 * the data beside it.
 *
 * @throws {LocRefError} `file-missing` if it is missing or the repository holds several, `hub` if
 * it cannot be fetched.
 */
export async function resolveOnnxFile(
  nameOrPath: string,
  options: FetchFileOptions = {},
): Promise<string> {
  if (existsSync(nameOrPath)) {
    if (!(await stat(nameOrPath)).isDirectory()) return nameOrPath;
    throw new LocRefError(
      "file-missing",
      `Path ${quote(nameOrPath)} is a folder, where an ONNX file was expected`,
    );
  }
  const name = hubNameOf(nameOrPath, "file");
  let chosen = "";
  const snapshot = await fetchRepo(name.id, {
    ...options,
    revision: options.revision ?? name.revision,
    select(paths) {
      chosen = chooseOnnx(paths, name);
      return paths.filter((path) =>
        path === chosen || path === `${chosen}_data` ||
        path === chosen.replace(/\.onnx$/, ".data")
      );
    },
  });
  return join(snapshot, chosen);
}

function chooseOnnx(paths: readonly string[], name: HubName): string {
  const found = paths.filter((path) => path.endsWith(".onnx"));
  const usual = ["model.onnx", "onnx/model.onnx"];
  const chosen = name.path !== undefined
    ? found.find((path) => path === name.path)
    : usual.find((path) => found.includes(path)) ??
      (found.length === 1 ? found[0] : undefined);
  if (chosen !== undefined) return chosen;
  throw new LocRefError(
    "file-missing",
    `${name.id} holds ${
      name.path === undefined ? "no single ONNX model" : `no ${name.path}`
    }: it has ${shorten(found.join(", "), 400) || "none"}`,
  );
}

function hubNameOf(nameOrPath: string, kind: "folder" | "file"): HubName {
  refuseLocalName(nameOrPath, kind);
  const name = /^[./~]/.test(nameOrPath) ? undefined : parseHubName(nameOrPath);
  if (name) return name;
  throw new LocRefError(
    "file-missing",
    `There is no ${kind} ${
      quote(nameOrPath)
    }, and it is no name on the Hugging Face hub either (organisation/repository)`,
  );
}
