import type { WeightSource } from "../ops/executor.ts";
import type { WeightKind } from "../weights/identify/weight_identity.ts";
import { familyOf, findParts } from "../weights/single_file/family.ts";
import {
  type FileParts,
  partPrefix,
} from "../weights/single_file/part_prefixes.ts";
import { filePart, partOfFile } from "../weights/single_file/part_file.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";

/** A part of a file under the names of diffusers and transformers. */
export interface OriginalPart {
  readonly kind: WeightKind;
  readonly weights: WeightSource;
}

const kinds: Readonly<Record<keyof FileParts, WeightKind>> = {
  unet: "unet",
  vae: "vae",
  text_encoder: "clip-text",
  text_encoder_2: "clip-text",
};

const alone: Partial<Record<WeightKind, keyof FileParts>> = {
  "unet-original": "unet",
  "vae-original": "vae",
  "clip-original": "text_encoder",
};

/** The part that a file holds alone; a text encoder may be SDXL's second. */
function aloneIn(
  file: SafetensorsFile,
  kind: WeightKind,
): keyof FileParts | undefined {
  const part = alone[kind];
  return part === "text_encoder" && partPrefix(file, part) === undefined
    ? "text_encoder_2"
    : part;
}

/**
 * The parts of a file under original names; `undefined` for files of other kinds.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is of no family.
 */
export function partsUnderOriginalNames(
  file: SafetensorsFile,
  kind: WeightKind,
): OriginalPart[] | undefined {
  const { path } = file;
  const part = aloneIn(file, kind);
  if (part !== undefined) {
    const { weights } = partOfFile(file, { path, part, family: "sd1" });
    return [{ kind: kinds[part], weights }];
  }
  if (kind !== "sd-checkpoint") return undefined;
  const parts = findParts(file);
  const family = familyOf(file, { path, parts });
  return (Object.entries(parts) as [keyof FileParts, string | undefined][])
    .flatMap(([part, prefix]) => {
      if (prefix === undefined) return [];
      const { weights } = filePart(file, { part, prefix, family });
      return [{ kind: kinds[part], weights }];
    });
}
