import type { Base } from "../../lib/bases/base.ts";
import { openBase } from "../../lib/bases/bases.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import type { ModelLocation } from "../../lib/pipeline/load/locate_model.ts";
import { openSource } from "../../lib/pipeline/load/open_source.ts";
import type { OpenBaseOptions } from "../../lib/weights/model_source.ts";

/**
 * Opens the base that an adapter is trained on: a folder or a checkpoint in one file, of any family.
 *
 * @throws {LocRefError} if its parts do not fit together, or its denoiser reads what training does not
 * have.
 */
export async function openTrainedBase(
  location: ModelLocation,
  options: OpenBaseOptions,
): Promise<Base> {
  const base = await openBase(await openSource(location, options), options);
  base.check();
  const { mask, guidance } = base.reads ?? {};
  if (mask || guidance) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Adapters cannot be trained on model ${quote(location.base)}: it reads ${
        mask
          ? "a mask and a kept picture, as models for inpainting do"
          : "the guidance, as models that were distilled with it do"
      }; train on the model that it was made from`,
    );
  }
  return base;
}

/** The weights of a base's denoiser, which stay as they are. */
export function denoiserWeights(base: Base): WeightSource {
  const programs = base.programs({ size: { height: 8, width: 8 } });
  return programs.find(({ name }) => name === "unet")!.weights;
}
