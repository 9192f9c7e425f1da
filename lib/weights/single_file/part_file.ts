/** One part of a model in a file: alone, or among the others of a whole checkpoint. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { identifyWeights } from "../identify/identify_weights.ts";
import type { WeightHeader } from "../identify/weight_identity.ts";
import { type Family, type PredictionType, refuseInputs } from "./family.ts";
import { type FileParts, partPrefix } from "./part_prefixes.ts";
import {
  type Config,
  textConfig,
  unetConfig,
  vaeConfig,
} from "./family_configs.ts";
import { behind, textPart, unetPart, vaePart } from "./part_views.ts";

/** A part's weights under the names of diffusers and transformers, and its config by the family. */
export interface FilePart {
  readonly weights: WeightSource;
  readonly config: Config;
}

/** Parts in words. */
const partWords: Readonly<Record<keyof FileParts, string>> = {
  unet: "UNet",
  vae: "VAE",
  text_encoder: "text encoder",
  text_encoder_2: "second text encoder",
};

/**
 * Finds a part in an open file.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if the file does not hold it, in the words of `doctor`.
 */
export function partOfFile(
  source: WeightSource & Pick<WeightHeader, "metadata">,
  { path, part, family }: {
    path: string;
    part: keyof FileParts;
    family: Family;
  },
): FilePart {
  const prefix = prefixIn(source, { path, part });
  return filePart(source, { part, prefix, family });
}

/**
 * Where a part begins in a file, by its header.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, in the words of `doctor`, if the file does not hold
 * it, or holds a UNet with inputs that are not given here.
 */
export function prefixIn(
  header: WeightHeader,
  { path, part }: { path: string; part: keyof FileParts },
): string {
  const prefix = partPrefix(header, part);
  if (prefix === undefined) {
    const { what, unusable } = identifyWeights(header);
    throw new LocRefError(
      "checkpoint-mismatch",
      `File ${quote(path)} holds no ${partWords[part]} but ${what}${
        unusable === undefined ? "" : ` (${unusable})`
      }`,
    );
  }
  if (part === "unet") refuseInputs(header, prefix, path);
  return prefix;
}

/** The part behind a prefix. */
export function filePart(
  source: WeightSource & Pick<WeightHeader, "metadata">,
  { part, prefix, family, prediction }: {
    part: keyof FileParts;
    prefix: string;
    family: Family;
    /** Kind of the UNet's prediction, where it is known. */
    prediction?: PredictionType;
  },
): FilePart {
  if (part === "unet") {
    const weights = unetPart(source, prefix);
    const { metadata } = source;
    const said = { family, metadata, prediction };
    return { weights, config: unetConfig(weights, said) };
  }
  if (part === "vae") {
    const weights = vaePart(source, prefix);
    return { weights, config: vaeConfig(weights, family) };
  }
  const layers = family === "sd2" ? keptLayers(source, prefix) : Infinity;
  const weights = textPart(source, prefix, layers);
  const openClip = family === "sd2" || part === "text_encoder_2";
  return { weights, config: textConfig(weights, { openClip }) };
}

/**
 * Stable Diffusion 2 reads the last layer but one. The original files have all 24; what was
 * converted from diffusers has 23, of which each is read.
 */
function keptLayers(source: WeightSource, prefix: string): number {
  const layers = new Set(
    behind(source, prefix).flatMap((name) =>
      /^transformer\.resblocks\.(\d+)\./.exec(name)?.[1] ?? []
    ),
  ).size;
  return layers === 0 || layers === 23 ? Infinity : layers - 1;
}
