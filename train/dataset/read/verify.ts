import { counted } from "../../../lib/core/counted.ts";
import { basename, join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import type { Progress } from "../../../lib/core/command/progress.ts";
import { sha256, sha256OfFile } from "../../../lib/core/files/hash.ts";
import { openDataset } from "./open_dataset.ts";
import type { Problem } from "../sources/source.ts";

/** Contents of `dataset.json`. */
export interface DatasetManifest {
  /** `locref-dataset`. */
  readonly format: string;
  /** 1. */
  readonly version: number;
  /** Name of the index file. */
  readonly index: string;
  /** How many samples there are. */
  readonly samples: number;
  /** The shards in their order. */
  readonly shards: readonly {
    readonly file: string;
    readonly samples: number;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/**
 * Reads `dataset.json`.
 *
 * @throws {LocRefError} `file-missing` if there is none, `file-invalid` if it is another's.
 */
export async function readManifest(folder: string): Promise<DatasetManifest> {
  const path = join(folder, "dataset.json");
  const text = await Deno.readTextFile(path).catch((cause) => {
    const message =
      `${path} cannot be read: the folder is no data set, or its build was not finished`;
    throw new LocRefError("file-missing", message, { cause });
  });
  const manifest = JSON.parse(text) as DatasetManifest;
  if (manifest.format === "locref-dataset" && manifest.version === 1) {
    return manifest;
  }
  throw new LocRefError("file-invalid", `${path} is of another format`);
}

/** Compares every hash of a data set with its files; returns the differences. */
export async function verifyDataset(
  folder: string,
  progress?: Progress,
): Promise<{ files: number; problems: Problem[] }> {
  const manifest = await readManifest(folder);
  const problems: Problem[] = [];
  for (const { file, sha256 } of manifest.shards) {
    const found = await sha256OfFile(join(folder, file)).catch(() => undefined);
    if (found === sha256) continue;
    const what = found ? "Its hash differs" : "It cannot be read";
    problems.push({ where: file, what });
  }
  const { lines, file } = await openDataset(folder);
  let files = 0;
  for (const [i, { shard, files: hashes, original }] of lines.entries()) {
    if (original !== undefined) {
      files++;
      const what = await faultOfOriginal(folder, original);
      if (what) problems.push({ where: original, what });
    }
    for (const [name, hash] of Object.entries(hashes)) {
      files++;
      try {
        const same = sha256(await file(shard, name)) === hash;
        if (!same) problems.push({ where: name, what: "Its hash differs" });
      } catch (error) {
        problems.push({ where: name, what: (error as Error).message });
      }
    }
    progress?.update(i + 1);
  }
  if (lines.length !== manifest.samples) {
    problems.push({
      where: manifest.index,
      what: `${
        counted(lines.length, "sample")
      }, dataset.json says ${manifest.samples}`,
    });
  }
  return { files, problems };
}

/** The fault of a picture that is kept under its hash. */
async function faultOfOriginal(
  folder: string,
  original: string,
): Promise<string | undefined> {
  const found = await sha256OfFile(join(folder, original))
    .catch(() => undefined);
  if (found === undefined) return "It cannot be read";
  if (!basename(original).startsWith(found)) return "Its hash differs";
}
