import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { parseTaesdConfig } from "../../weights/configs/taesd_config.ts";
import {
  type ModelPart,
  type OpenOptions,
  openPart,
} from "../../weights/open_part.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import { mergeWeights } from "../../weights/weight_sources.ts";
import { currentTaesdNames, inferTaesd, sidesIn } from "./infer_taesd.ts";
import type { TaesdConfig } from "./taesd_config.ts";

/**
 * Opens a tiny VAE: a folder in diffusers' layout, or one with the two files of the original, or a
 * file: of both networks under diffusers' names, or either file of the original beside the other.
 *
 * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
 */
export async function openTaesd(
  path: string,
  options: OpenOptions = {},
): Promise<ModelPart<TaesdConfig>> {
  if (!(await stat(path)).isDirectory()) return await openFiles(path);
  const decoder = join(path, "taesd_decoder.safetensors");
  return existsSync(decoder)
    ? { ...await openFiles(decoder), folder: path }
    : await openPart(path, parseTaesdConfig, options);
}

async function openFiles(path: string): Promise<ModelPart<TaesdConfig>> {
  const own = await openSafetensors(path);
  const files = [own];
  if (sidesIn(own).length === 1) {
    files.push(await openSafetensors(otherSide(path)));
  }
  const weights = mergeWeights(files.map(currentTaesdNames));
  return { config: inferTaesd(weights, path), weights, folder: path };
}

/** The original's other file, by its name: `taesd_encoder` beside `taesd_decoder`. */
function otherSide(path: string): string {
  const name = basename(path).replace(
    /encoder|decoder/,
    (side) => side === "encoder" ? "decoder" : "encoder",
  );
  const other = join(dirname(path), name);
  if (name !== basename(path) && existsSync(other)) return other;
  const missing = name === basename(path)
    ? 'which is named with "encoder" for "decoder" or turned'
    : quote(other);
  throw new LocRefError(
    "file-missing",
    `Tiny VAE ${
      quote(path)
    } is one of two files, and the other, ${missing}, is missing`,
  );
}
