/** Captioned scenes in WebDataset shards, as `deno task dataset` writes them, without their index. */

import { join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import { type OpenedSample, readSample } from "./read_sample.ts";
import { indexTar, type TarEntry } from "./tar_index.ts";

/** The samples of a folder of shards. */
export interface SceneShards {
  /** Names of the samples, sorted. */
  readonly keys: readonly string[];
  /** Reads sample `index`. */
  read(index: number): Promise<OpenedSample>;
}

/**
 * Opens the shards of `split` in `folder`, files named `SPLIT-….tar`; all of them where it is null.
 *
 * @throws {LocRefError} `file-missing` if there is none, or none with samples in it.
 */
export async function openShards(
  folder: string,
  split: string | null = "train",
): Promise<SceneShards> {
  const entries = new Map<string, TarEntry>();
  for (const archive of await tarFiles(folder, split)) {
    for (const entry of await indexTar(archive)) entries.set(entry.name, entry);
  }
  const keys = [...entries.keys()].filter(isRecord)
    .map((name) => name.slice(0, -".json".length)).sort();
  if (keys.length === 0) {
    throw new LocRefError(
      "file-missing",
      `${folder} holds no shards (${split === null ? "" : `${split}-`}*.tar)`,
    );
  }
  return {
    keys,
    read: (index) => readSample(keys[index]!, (name) => entries.get(name)),
  };
}

async function tarFiles(
  folder: string,
  split: string | null,
): Promise<string[]> {
  const start = split === null ? "" : `${split}-`;
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.startsWith(start) && name.endsWith(".tar")) names.push(name);
    }
  } catch (cause) {
    throw new LocRefError("file-missing", `Folder ${folder} cannot be read`, {
      cause,
    });
  }
  return names.sort().map((name) => join(folder, name));
}

/** Whether a file is `KEY.json`; by WebDataset's rule a key has no full stop in its base name. */
function isRecord(name: string): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return base.indexOf(".") === base.length - ".json".length &&
    base.endsWith(".json");
}
