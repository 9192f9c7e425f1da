import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import type { WeightSource } from "../../ops/executor.ts";
import type { TaesdConfig } from "./taesd_config.ts";

/** The networks of a tiny VAE. */
export type TaesdSide = "encoder" | "decoder";

/** Both, in the order of diffusers' names. */
export const taesdSides: readonly TaesdSide[] = ["encoder", "decoder"];

/** The networks that a file holds: both under diffusers' names, or one under the original's. */
export function sidesIn(
  file: Pick<WeightSource, "names" | "info">,
): readonly TaesdSide[] {
  if (!isOriginal(file)) return taesdSides;
  return [file.info("0.weight") === undefined ? "decoder" : "encoder"];
}

/** The weights of one file under the names of diffusers. */
export function currentTaesdNames(file: WeightSource): WeightSource {
  if (!isOriginal(file)) return file;
  const [side] = sidesIn(file);
  return renameWeights(file, (name) => diffusersName(name, side!));
}

function isOriginal(file: Pick<WeightSource, "names">): boolean {
  return file.names().some((name) => /^\d+\.weight$/.test(name));
}

/** The original's decoder begins with a layer without weights, which diffusers has outside. */
function diffusersName(name: string, side: TaesdSide): string | undefined {
  if (!/^\d+\./.test(name)) return undefined;
  const shift = side === "decoder" ? 1 : 0;
  const [index, ...rest] = name.split(".");
  return [side, "layers", Number(index) - shift, ...rest].join(".");
}

interface Side {
  readonly widths: number[];
  readonly counts: number[];
  /** Shapes of its first and last convolutions. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/**
 * The config, from names and shapes. A side that is not among `sides` takes the sizes of the other.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if a side is missing.
 */
export function inferTaesd(
  weights: WeightSource,
  place: string,
  sides: readonly TaesdSide[] = taesdSides,
): TaesdConfig {
  const found = sides.map((side) => sideOf(weights, side, place));
  const [first, last] = [found[0]!, found.at(-1)!];
  return {
    encoder_block_out_channels: first.widths,
    decoder_block_out_channels: last.widths,
    num_encoder_blocks: first.counts,
    num_decoder_blocks: last.counts,
    latent_channels: sides[0] === "encoder" ? first.last[0]! : last.first[1]!,
  };
}

/** A side's levels: runs of blocks between convolutions that stand alone. */
function sideOf(
  weights: WeightSource,
  side: TaesdSide,
  place: string,
): Side {
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
      `${quote(place)} holds no ${side} of a tiny VAE`,
    );
  }
  return { widths: counts.map(() => shape![0]!), counts, first: shape, last };
}
