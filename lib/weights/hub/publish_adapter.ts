import { importPackage } from "../../core/packages/import_package.ts";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { shorten } from "../../core/quote.ts";
import { withoutPaths } from "../../core/files/portable_name.ts";
import { LocRefError } from "../../core/error.ts";
import { hashFile } from "../safetensors/hash_file.ts";
import { readJson } from "../../core/files/read_json.ts";
import { listSnapshot } from "./cache.ts";
import { parseHubName } from "./name.ts";
import { guardToken } from "./send.ts";
import { type HubOptions, hubSettings } from "./settings.ts";
import { modelCard } from "./model_card.ts";
import { refusePickles } from "../identify/pickle_files.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";

/** Options of {@linkcode publishAdapter}. */
export interface PublishAdapterOptions extends HubOptions {
  /** Whether a new repository is private. @default {false} */
  private?: boolean;
  /** Licence as the hub spells it, such as `apache-2.0`. */
  license?: string;
  /** Whether to send nothing, only say what would be sent. @default {false} */
  dryRun?: boolean;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** The published repository, or with `dryRun` the planned one. */
export interface Publication {
  /** Address of the repository. */
  readonly url: string;
  /** Paths of the files, sorted. */
  readonly files: readonly string[];
  /** Text of its `README.md`. */
  readonly card: string;
}

/** Names under which training and evaluation leave their records. */
const TRAINING = ["training.json", "config.json"];
const EVALUATION = ["results.json", "evaluation.json"];

/**
 * Puts the folder of an adapter on the hub as `id`. Its `README.md` is the folder's own, else a card
 * made of the adapter's metadata, the training's config (`training.json` or `config.json`) and the
 * evaluation's results (`results.json`).
 *
 * @throws {LocRefError} `file-missing` if it holds no LocRef adapter, `file-invalid` if it holds a
 * pickle, `hub` without a token or where the hub refuses.
 */
export async function publishAdapter(
  folder: string,
  id: string,
  options: PublishAdapterOptions = {},
): Promise<Publication> {
  const name = parseHubName(id);
  if (name === undefined || name.path || name.revision) {
    throw new TypeError(
      `${
        JSON.stringify(id)
      } is no name for a repository: expected "organisation/repository"`,
    );
  }
  const settings = await hubSettings(options);
  const files = (await listSnapshot(folder)).filter(isPublished);
  refusePickles(files, folder);
  const card = await cardOf(folder, files, id, options.license);
  const url = `${settings.endpoint}/${id}`;
  const all = [...new Set([...files, "README.md"])].sort();
  if (options.dryRun) return { url, files: all, card };
  if (settings.offline) {
    throw new LocRefError("hub", "HF_HUB_OFFLINE forbids to publish");
  }
  if (settings.token === undefined) {
    throw new LocRefError(
      "hub",
      `Publishing needs a token that may write: make one at ${settings.endpoint}/settings/tokens and put it into HF_TOKEN`,
    );
  }
  await upload(folder, { id, card, files: all }, {
    hubUrl: settings.endpoint,
    accessToken: settings.token,
    fetch: guardToken(options.fetch ?? fetch, {
      endpoint: settings.endpoint,
      token: settings.token,
    }),
    private: options.private ?? false,
  });
  return { url, files: all, card };
}

/** Hidden files, checkpoints and unfinished files stay where they are. */
function isPublished(path: string): boolean {
  return !path.split("/").some((part) => part.startsWith(".")) &&
    !/^(checkpoints|logs?|cache)\//.test(path) &&
    // of a run's folder: what sample sheets were drawn with, and TensorBoard's events
    path !== "samples.safetensors" && !/^events\.out\.tfevents/.test(path) &&
    !/\.(tmp|part|incomplete|lock)$/.test(path);
}

async function cardOf(
  folder: string,
  files: readonly string[],
  id: string,
  license: string | undefined,
): Promise<string> {
  const adapter = await findAdapter(folder, files);
  const own = join(folder, "README.md");
  if (existsSync(own)) return await readFile(own, "utf-8");
  const record = async (names: readonly string[]) => {
    const found = names.find((name) => files.includes(name));
    return found && await readJson<unknown>(join(folder, found));
  };
  return modelCard({
    id,
    license,
    adapter: adapter.path,
    metadata: adapter.metadata,
    sha256: await hashFile(join(folder, adapter.path)),
    training: await record(TRAINING),
    evaluation: await record(EVALUATION),
  });
}

async function findAdapter(folder: string, files: readonly string[]) {
  for (const path of files.filter((path) => path.endsWith(".safetensors"))) {
    const { metadata } = await openSafetensors(join(folder, path));
    if (metadata.format === "locref") return { path, metadata };
  }
  throw new LocRefError(
    "file-missing",
    `${folder} holds no LocRef adapter (a safetensors file with format = "locref" in its metadata)`,
  );
}

/** Whether a file is a record of training or evaluation, which may hold paths of this machine. */
function isRecord(path: string): boolean {
  return [...TRAINING, ...EVALUATION, "run.json"].includes(path);
}

/** A record as it is published: without folders of this machine. */
async function recordWithoutPaths(path: string): Promise<Blob> {
  const text = await readFile(path, "utf-8");
  const record: unknown = JSON.parse(text);
  const portable = withoutPaths(record);
  const same = JSON.stringify(record) === JSON.stringify(portable);
  return new Blob([same ? text : `${JSON.stringify(portable, null, 2)}\n`]);
}

interface UploadOptions {
  readonly hubUrl: string;
  readonly accessToken: string;
  readonly fetch: typeof fetch;
  readonly private: boolean;
}

async function upload(
  folder: string,
  { id, card, files }: { id: string; card: string; files: readonly string[] },
  options: UploadOptions,
): Promise<void> {
  const { createRepo, HubApiError, uploadFiles } = await importPackage("hub");
  try {
    await createRepo({ repo: id, ...options }).catch((error) => {
      // 409: the repository exists already, and gets a new commit.
      if (error instanceof HubApiError && error.statusCode === 409) return;
      throw error;
    });
    // Files given by their address are read piece by piece as they are sent.
    const contents = await Promise.all(files.map(async (path) => ({
      path,
      content: path === "README.md"
        ? new Blob([card])
        : isRecord(path)
        ? await recordWithoutPaths(join(folder, path))
        : pathToFileURL(join(folder, path)),
    })));
    await uploadFiles({
      repo: id,
      files: contents,
      commitTitle: "Publish the adapter",
      // The plain protocol, which every hub speaks.
      useXet: false,
      ...options,
    });
  } catch (error) {
    throw new LocRefError(
      "hub",
      `${id} could not be published: ${shorten((error as Error).message, 300)}`,
      { cause: error },
    );
  }
}
