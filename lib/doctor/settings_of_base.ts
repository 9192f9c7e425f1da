import type { Adapter } from "../adapters/adapter.ts";
import type { Base } from "../bases/base.ts";
import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
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
    return `${begin}, predicts ${
      predictions[predicts ?? "epsilon"] ?? predicts
    }; by default sampler "${sampler}", ${
      counted(steps, "step")
    }, guidance ${guidance}`;
  } catch (error) {
    if (error instanceof LocRefError) return `${begin}; ${error.message}`;
    throw error;
  }
}
