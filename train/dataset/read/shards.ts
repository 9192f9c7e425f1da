/** Captioned scenes in WebDataset shards, as `deno task dataset` writes them. */

import { join } from "node:path";
import * as v from "valibot";
import { LocRefError } from "../../../lib/core/error.ts";
import { indexTar, readTarEntry, type TarEntry } from "./tar_index.ts";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Keys of a sample's `KEY.json` that training reads. */
const sampleSchema = v.object({
  caption: v.optional(v.nullable(v.string()), ""),
  instances: v.array(v.object({
    category: v.optional(v.string()),
    box_xyxy_fraction: v.tuple([fraction, fraction, fraction, fraction]),
    /** Name or number of the reference picture, `KEY.refN.webp`. */
    ref: v.union([v.string(), v.number()]),
  })),
});

/** One instance of a scene. */
export interface SceneInstance {
  /** Corners as fractions of the picture. */
  readonly box: readonly [number, number, number, number];
  /** Bytes of the reference picture. */
  readonly reference: Uint8Array;
}

/** One captioned scene, its pictures still encoded. */
export interface SceneSample {
  readonly key: string;
  readonly caption: string;
  readonly picture: Uint8Array;
  readonly instances: readonly SceneInstance[];
}

/** The samples of a folder of shards. */
export interface SceneShards {
  readonly keys: readonly string[];
  /** Reads sample `index`. */
  read(index: number): Promise<SceneSample>;
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
  const samples = new Map<string, Map<string, TarEntry>>();
  for (const archive of await tarFiles(folder, split)) {
    for (const entry of await indexTar(archive)) {
      const { key, extension } = splitName(entry.name);
      const parts = samples.get(key) ?? new Map<string, TarEntry>();
      samples.set(key, parts.set(extension, entry));
    }
  }
  const keys = [...samples.keys()].filter((key) =>
    samples.get(key)!.has("json")
  ).sort();
  if (keys.length === 0) {
    throw new LocRefError(
      "file-missing",
      `${folder} holds no shards (${split === null ? "" : `${split}-`}*.tar)`,
    );
  }
  return {
    keys,
    read: (index) => readSample(keys[index]!, samples.get(keys[index]!)!),
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

/** WebDataset's rule: the key ends at the first full stop of the base name. */
function splitName(name: string): { key: string; extension: string } {
  const base = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", base);
  return dot < 0
    ? { key: name, extension: "" }
    : { key: name.slice(0, dot), extension: name.slice(dot + 1) };
}

async function readSample(
  key: string,
  parts: ReadonlyMap<string, TarEntry>,
): Promise<SceneSample> {
  const bytesOf = async (...extensions: string[]) => {
    const found = extensions.map((one) => parts.get(one)).find(Boolean);
    if (found) return await readTarEntry(found);
    throw new LocRefError(
      "file-invalid",
      `Sample ${key} has no ${key}.${extensions[0]}`,
    );
  };
  const text = new TextDecoder().decode(await bytesOf("json"));
  const parsed = v.safeParse(sampleSchema, JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new LocRefError(
      "file-invalid",
      `${key}.json: ${v.getDotPath(issue)}: ${issue.message}`,
    );
  }
  const { caption, instances } = parsed.output;
  return {
    key,
    caption: caption ?? "",
    picture: await bytesOf("jpg", "png", "webp"),
    instances: await Promise.all(instances.map(async (instance) => ({
      box: instance.box_xyxy_fraction,
      reference: await bytesOf(referenceExtension(instance.ref)),
    }))),
  };
}

/** `3`, `"ref3"`, `"ref3.webp"` and `"KEY.ref3.webp"` all mean `ref3.webp`. */
function referenceExtension(ref: string | number): string {
  if (typeof ref === "number") return `ref${ref}.webp`;
  const match = /ref\d+/.exec(ref.slice(ref.lastIndexOf("/") + 1));
  return match ? `${match[0]}.webp` : ref;
}
