import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { clipEncoderOf } from "../../weights/identify/clip_encoders.ts";
import { identifyWeights } from "../../weights/identify/identify_weights.ts";
import {
  viewOf,
  type WeightHeader,
} from "../../weights/identify/weight_identity.ts";

/**
 * Refuses a single file as image encoder: it lacks the settings, which only its folder holds.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, with the public folder of the same encoder.
 */
export function refuseEncoderFile(name: string, header: WeightHeader): never {
  const { what } = identifyWeights(header);
  const width = viewOf(header).dim(
    "vision_model.embeddings.patch_embedding.weight",
    0,
  );
  const folder = clipEncoderOf("hidden", width)?.folder;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Image encoder ${
      quote(name)
    } is a single file (${what}): give a folder with config.json beside the weights${
      folder === undefined ? "" : `, such as ${quote(folder)}`
    }`,
  );
}
