import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { quote, shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { exceeded } from "../../core/files/json_limits.ts";
import { findUnsoundKey } from "./json_keys.ts";
import { unreadable } from "./read_file.ts";
import {
  openSafetensors,
  type OpenSafetensorsOptions,
  type SafetensorsFile,
} from "./safetensors.ts";
import { identifyBytes } from "../../core/files/identify_bytes.ts";
import { notWeights } from "../weight_file_error.ts";
import { mergeWeights } from "../weight_sources.ts";

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
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  const shards = await openShards(indexPath, options);
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

async function openShards(
  indexPath: string,
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsFile[]> {
  const places = await readIndex(indexPath);
  const shards = new Map<string, SafetensorsFile>();
  for (const shard of new Set(places.values())) {
    shards.set(
      shard,
      await openSafetensors(join(dirname(indexPath), shard), options),
    );
  }
  const lost = [...places].filter(([name, shard]) =>
    shards.get(shard)!.info(name) === undefined
  ).map(([name, shard]) => `${name} (in ${shard})`);
  if (lost.length > 0) {
    throw new LocRefError(
      "file-invalid",
      `${indexPath} lists tensors that are not where it says: ${
        shorten(lost.join(", "), 400)
      }`,
    );
  }
  return [...shards.values()];
}

/** Which shard (a file name beside the index) holds each tensor. */
export async function readIndex(
  indexPath: string,
): Promise<Map<string, string>> {
  const bytes = await readIndexBytes(indexPath).catch((error) => {
    throw unreadable(indexPath, error);
  });
  const excess = exceeded(bytes, LIMITS);
  if (excess) {
    throw new LocRefError("file-invalid", `${indexPath} has ${excess}`);
  }
  return parseIndex(new TextDecoder().decode(bytes), indexPath);
}

/** Longest index that is read, in bytes; the largest public ones take about a tenth of it. */
const MAX_INDEX_BYTES = 25_000_000;

/** One key a tensor, with room for metadata. */
const LIMITS = { depth: 16, keys: 200_000 };

async function readIndexBytes(indexPath: string): Promise<Uint8Array> {
  const found = await stat(indexPath);
  if (found.isDirectory() || found.isFile() && found.size <= MAX_INDEX_BYTES) {
    return await readFile(indexPath);
  }
  throw new LocRefError(
    "file-invalid",
    found.isFile()
      ? `${indexPath} has ${found.size} bytes, more than the ${MAX_INDEX_BYTES} of an index that are read`
      : `${indexPath} is a device or a pipe, where a regular file was expected`,
  );
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
    const known = identifyBytes(new TextEncoder().encode(text), text.length);
    if (known) {
      throw notWeights(file, known);
    }
    const reason = shorten((error as Error).message, 120);
    throw invalid(`is not JSON (${reason})`);
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw invalid("has no weight_map object");
  }
  if (Object.keys(map).length === 0) throw invalid("lists no tensors");
  const unsound = findUnsoundKey(text);
  if (unsound) throw invalid(`names ${quote(unsound.key)} twice`);
  const places = new Map<string, string>(Object.entries(map));
  for (const [name, shard] of places) {
    if (
      typeof shard !== "string" || basename(shard) !== shard ||
      shard.includes("\\") || !shard.endsWith(".safetensors")
    ) {
      throw invalid(
        `puts ${quote(name)} in ${
          quote(shard)
        }, which is no .safetensors file beside it`,
      );
    }
  }
  return places;
}
