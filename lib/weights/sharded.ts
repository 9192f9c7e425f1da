import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LocRefError } from "../error.ts";
import type { WeightSource } from "../ops/executor.ts";
import { findUnsoundKey } from "./json_keys.ts";
import { unreadable } from "./read_file.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors.ts";
import { mergeWeights } from "./weight_sources.ts";

/**
 * Opens the shards that a `*.safetensors.index.json` lists, as one source.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` if the index or a shard cannot be read, or
 * if a shard lacks a tensor that the index promises.
 */
export async function openSharded(indexPath: string): Promise<WeightSource> {
  return mergeWeights(await openShards(indexPath));
}

/** Opens shards as {@linkcode openSharded} does, but as if they were one file at the index's path. */
export async function openShardedFile(
  indexPath: string,
): Promise<SafetensorsFile> {
  const shards = await openShards(indexPath);
  const owner = (name: string) =>
    shards.find((shard) => shard.info(name)) ?? shards[0]!;
  return {
    ...mergeWeights(shards),
    path: indexPath,
    size: shards.reduce((sum, shard) => sum + shard.size, 0),
    metadata: shards[0]!.metadata,
    readTensor: (name) => owner(name).readTensor(name),
  };
}

async function openShards(indexPath: string): Promise<SafetensorsFile[]> {
  const places = await readIndex(indexPath);
  const shards = new Map<string, SafetensorsFile>();
  for (const shard of new Set(places.values())) {
    shards.set(shard, await openSafetensors(join(dirname(indexPath), shard)));
  }
  const lost = [...places].filter(([name, shard]) =>
    shards.get(shard)!.info(name) === undefined
  ).map(([name, shard]) => `${name} (in ${shard})`);
  if (lost.length > 0) {
    throw new LocRefError(
      "file-invalid",
      `${indexPath} lists tensors that are not where it says: ${
        lost.join(", ")
      }`,
    );
  }
  return [...shards.values()];
}

/** Which shard (a file name beside the index) holds each tensor. */
export async function readIndex(
  indexPath: string,
): Promise<Map<string, string>> {
  const text = await readFile(indexPath, "utf-8").catch((error) => {
    throw unreadable(indexPath, error);
  });
  return parseIndex(text, indexPath);
}

/**
 * Reads the text of a `*.safetensors.index.json`.
 *
 * @throws {LocRefError} `file-invalid` if it is no such index, or names a file outside its folder.
 */
export function parseIndex(text: string, file: string): Map<string, string> {
  const invalid = (problem: string) =>
    new LocRefError("file-invalid", `${file} ${problem}`);
  let map: unknown;
  try {
    map = JSON.parse(text)?.weight_map;
  } catch (error) {
    throw invalid(`is not JSON (${(error as Error).message})`);
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw invalid("has no weight_map object");
  }
  if (Object.keys(map).length === 0) throw invalid("lists no tensors");
  const unsound = findUnsoundKey(text);
  if (unsound) throw invalid(`names ${JSON.stringify(unsound.key)} twice`);
  const places = new Map<string, string>(Object.entries(map));
  for (const [name, shard] of places) {
    if (
      typeof shard !== "string" || basename(shard) !== shard ||
      shard.includes("\\") || !shard.endsWith(".safetensors")
    ) {
      throw invalid(
        `puts ${JSON.stringify(name)} in ${
          JSON.stringify(shard)
        }, which is no .safetensors file beside it`,
      );
    }
  }
  return places;
}
