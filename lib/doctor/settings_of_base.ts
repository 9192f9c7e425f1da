import type { Adapter } from "../adapters/adapter.ts";
import type { Base } from "../bases/base.ts";
import { filesOf } from "../bases/part_files.ts";
import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
import { fewStepsOf } from "../weights/identify/few_steps.ts";
import {
  checkPredictionKnown,
  defaultSampler,
  modelDefaults,
} from "../pipeline/load/model_defaults.ts";

/** Kinds of prediction in words. */
const predictions: Readonly<Record<string, string>> = {
  epsilon: "noise",
  sample: "x₀",
  v_prediction: "v",
};

/** How a whole model runs where nothing else is requested, as a sentence; else what has to be given. */
export function settingsOfBase(
  base: Base,
  adapters: readonly Pick<Adapter, "kind">[],
): string {
  const { width, height } = base.nativeSize;
  const begin = `family "${base.family}" at ${width} × ${height} pixels`;
  try {
    checkPredictionKnown(base.scheduler, base.schedulerFile);
    const sampler = defaultSampler({ base, adapters });
    const { steps, guidance } = modelDefaults({ base, adapters });
    const { prediction_type: predicts } = base.scheduler;
    const named = fewStepsOf(filesOf(base, "unet"))?.predicts;
    const doubt = named === undefined || named === predicts
      ? ""
      : ` (by its name ${
        predictions[named]
      }: load it with prediction "${named}")`;
    return `${begin}, predicts ${
      predictions[predicts ?? "epsilon"] ?? predicts
    }${doubt}; by default sampler "${sampler}", ${
      counted(steps, "step")
    }, guidance ${guidance}`;
  } catch (error) {
    if (error instanceof LocRefError) return `${begin}; ${error.message}`;
    throw error;
  }
}
