import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { parseTaesdConfig } from "../../weights/configs/taesd_config.ts";
import {
  type ModelPart,
  type OpenOptions,
  openPart,
} from "../../weights/open_part.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import { mergeWeights, renameWeights } from "../../weights/weight_sources.ts";
import type { TaesdConfig } from "./taesd_config.ts";

const rawFiles = {
  encoder: "taesd_encoder.safetensors",
  decoder: "taesd_decoder.safetensors",
} as const;

/**
 * Opens a tiny VAE: a folder in diffusers' layout, or one with the two files of the original.
 *
 * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
 */
export async function openTaesd(
  folder: string,
  options: OpenOptions = {},
): Promise<ModelPart<TaesdConfig>> {
  const raw = Object.entries(rawFiles).map(([side, name]) => ({
    side: side as keyof typeof rawFiles,
    file: join(folder, name),
  }));
  if (!raw.every(({ file }) => existsSync(file))) {
    return await openPart(folder, parseTaesdConfig, options);
  }
  const weights = mergeWeights(
    await Promise.all(
      raw.map(async ({ side, file }) =>
        renameWeights(
          await openSafetensors(file),
          (name) => diffusersName(name, side),
        )
      ),
    ),
  );
  return { config: inferTaesd(weights, folder), weights, folder };
}

/** The original's decoder begins with a layer without weights, which diffusers has outside. */
function diffusersName(
  name: string,
  side: keyof typeof rawFiles,
): string | undefined {
  if (!/^\d+\./.test(name)) return undefined;
  const shift = side === "decoder" ? 1 : 0;
  const [index, ...rest] = name.split(".");
  return [side, "layers", Number(index) - shift, ...rest].join(".");
}

/** The config, from names and shapes. */
function inferTaesd(weights: WeightSource, folder: string): TaesdConfig {
  const encoder = sideOf(weights, "encoder", folder);
  const decoder = sideOf(weights, "decoder", folder);
  return {
    encoder_block_out_channels: encoder.widths,
    decoder_block_out_channels: decoder.widths,
    num_encoder_blocks: encoder.counts,
    num_decoder_blocks: decoder.counts,
    latent_channels: encoder.last[0]!,
  };
}

/** A side's levels: runs of blocks between convolutions that stand alone. */
function sideOf(
  weights: WeightSource,
  side: keyof typeof rawFiles,
  folder: string,
): { widths: number[]; counts: number[]; last: readonly number[] } {
  const prefix = `${side}.layers.`;
  const layers = new Map<number, "block" | "conv">();
  for (const name of weights.names()) {
    if (!name.startsWith(prefix)) continue;
    const [index, kind] = name.slice(prefix.length).split(".");
    layers.set(Number(index), kind === "conv" ? "block" : "conv");
  }
  const counts: number[] = [];
  let shape: readonly number[] | undefined, last: readonly number[] = [];
  for (const [index, kind] of [...layers].sort(([a], [b]) => a - b)) {
    if (kind === "block") counts[counts.length - 1]!++;
    else {
      counts.push(0);
      last = weights.info(`${prefix}${index}.weight`)?.shape ?? [];
      shape ??= last;
    }
  }
  // behind the last convolution there are no blocks
  counts.pop();
  if (shape === undefined || counts.length === 0) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Folder ${quote(folder)} holds no ${side} of a tiny VAE in "${
        rawFiles[side]
      }"`,
    );
  }
  return { widths: counts.map(() => shape![0]!), counts, last };
}
