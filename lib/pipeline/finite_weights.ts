import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { findNonFinite } from "../weights/safetensors/non_finite.ts";
import type { ModelParts } from "./load/model_parts.ts";

/**
 * Checks all weights of a model before they are copied, since receivers cannot check them.
 *
 * @throws {LocRefError} `not-finite`, naming the file's tensors that hold NaN or infinity.
 */
export async function checkFiniteWeights(
  { base, imageEncoder, adapter }: ModelParts,
): Promise<void> {
  const parts = [
    { weights: base.text.weights, files: base.text.folder },
    { weights: base.unet.weights, files: base.unet.folder },
    { weights: base.vae.weights, files: base.vae.folder },
    imageEncoder &&
    { weights: imageEncoder.weights, files: imageEncoder.folder },
    adapter && { weights: adapter.weights, files: adapter.file },
  ];
  for (const part of parts) {
    if (part === undefined) continue;
    const found = await findNonFinite(part.weights);
    if (found.size === 0) continue;
    const named = [...found].map(([name, count]) => `${count} in ${name}`);
    throw new LocRefError(
      "not-finite",
      `Weights of "${part.files}" hold NaN or infinity and are not exported: ${
        shorten(named.join(", "), 400)
      }`,
    );
  }
}
