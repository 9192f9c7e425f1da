import { shorten } from "../../core/quote.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";
import type { MergedLora } from "../load/model_parts.ts";

/** A LoRA that was merged into the model of a picture. */
export interface LoraProvenance {
  /** Path of its file, or the last part of it. */
  readonly path: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** Factor of its changes to the denoiser. */
  readonly scale: number;
  /** Factor of its changes to text encoders. */
  readonly textScale: number;
}

/** Hashes and strengths of LoRAs; `undefined` where there are none. */
export async function hashLoras(
  loras: readonly MergedLora[] = [],
): Promise<readonly LoraProvenance[] | undefined> {
  if (loras.length === 0) return undefined;
  const hashed: LoraProvenance[] = [];
  for (const { path, scale, textScale } of loras) {
    hashed.push({ path, sha256: await hashFile(path), scale, textScale });
  }
  return hashed;
}

/** A sentence about a picture that is made again with other LoRAs, or with others' strengths. */
export function loraWarning(
  before: readonly LoraProvenance[] = [],
  now: readonly LoraProvenance[] = [],
): string | undefined {
  if (before.map(identity).join() === now.map(identity).join()) {
    return undefined;
  }
  return `The picture was made with ${listed(before)}, and this model has ${
    listed(now)
  }, so it comes out otherwise`;
}

function identity({ sha256, scale, textScale }: LoraProvenance): string {
  return `${sha256} ${scale} ${textScale}`;
}

function listed(loras: readonly LoraProvenance[]): string {
  if (loras.length === 0) return "no LoRA";
  const each = loras.map(({ path, scale, textScale }) =>
    `${shorten(path, 60)} at ${scale}${
      textScale === scale ? "" : ` (text ${textScale})`
    }`
  );
  return `the LoRA${each.length > 1 ? "s" : ""} ${
    shorten(each.join(", "), 300)
  }`;
}
