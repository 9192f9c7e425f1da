/** Where the parts of a model begin in a file, by the prefixes that merging tools and trainers write. */

import { quote } from "../../core/quote.ts";
import type { WeightHeader } from "../identify/weight_identity.ts";

/** Where the parts of a file begin, by the names of their folders; absent where the file lacks one. */
export interface FileParts {
  readonly unet?: string;
  readonly vae?: string;
  readonly text_encoder?: string;
  readonly text_encoder_2?: string;
}

const prefixes: Readonly<Record<keyof FileParts, readonly string[]>> = {
  unet: ["model.diffusion_model.", "diffusion_model.", "unet.", ""],
  vae: ["first_stage_model.", "vae.", ""],
  text_encoder: [
    "cond_stage_model.transformer.",
    "cond_stage_model.model.",
    "conditioner.embedders.0.transformer.",
    "text_encoder.",
    "transformer.",
    "",
  ],
  text_encoder_2: [
    "conditioner.embedders.1.model.",
    "conditioner.embedders.1.transformer.",
    "text_encoder_2.",
    "transformer.",
    "",
  ],
};

/** A weight that every part of a kind has, in one of its spellings. */
const signs: Readonly<Record<keyof FileParts, readonly string[]>> = {
  unet: ["input_blocks.0.0.weight", "time_embedding.linear_1.weight"],
  vae: ["decoder.conv_in.weight"],
  text_encoder: [
    "text_model.embeddings.token_embedding.weight",
    "embeddings.token_embedding.weight",
    "token_embedding.weight",
  ],
  text_encoder_2: [
    "text_model.embeddings.token_embedding.weight",
    "token_embedding.weight",
  ],
};

/** Where a part begins in a file, or `undefined` where the file lacks it. */
export function partPrefix(
  { info }: Pick<WeightHeader, "info">,
  part: keyof FileParts,
): string | undefined {
  return prefixes[part].find((prefix) =>
    signs[part].some((sign) => info(prefix + sign) !== undefined)
  );
}

/** Most prefixes of a file that a message repeats. */
const mostShown = 3;

/**
 * Why a part is not found in a file that holds it: it lies under prefixes that are not known.
 * `undefined` where it is found, or the file does not hold it.
 */
export function prefixProblem(
  header: Pick<WeightHeader, "info" | "names">,
  part: keyof FileParts,
): string | undefined {
  if (partPrefix(header, part) !== undefined) return undefined;
  const found = new Set(
    header.names().flatMap((name) => {
      const sign = signs[part].find((sign) => name.endsWith(sign));
      return sign === undefined ? [] : [name.slice(0, -sign.length)];
    }),
  );
  if (found.size === 0) return undefined;
  const shown = [...found].slice(0, mostShown).map(quote);
  const more = found.size - shown.length;
  const known = prefixes[part].filter((prefix) => prefix !== "").map(quote);
  return `its tensors begin with ${shown.join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }: they must begin with ${known.join(", ")} or no prefix`;
}
