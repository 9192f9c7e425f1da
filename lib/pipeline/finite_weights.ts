import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { findNonFinite } from "../weights/safetensors/non_finite.ts";
import type { ModelParts } from "./load/model_parts.ts";
import { partFiles } from "./load/named_parts.ts";

/**
 * Checks all weights of a model before they are copied, since receivers cannot check them.
 *
 * @throws {LocRefError} `not-finite`, naming the file's tensors that hold NaN or infinity.
 */
export async function checkFiniteWeights(model: ModelParts): Promise<void> {
  for (const part of partFiles(model)) {
    const found = await findNonFinite(part.weights);
    if (found.size === 0) continue;
    const named = [...found].map(([name, count]) => `${count} in ${name}`);
    throw new LocRefError(
      "not-finite",
      `Weights of "${part.folder}" hold NaN or infinity and are not exported: ${
        shorten(named.join(", "), 400)
      }`,
    );
  }
}
