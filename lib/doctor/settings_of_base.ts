import type { Adapter } from "../adapters/adapter.ts";
import type { Base } from "../bases/base.ts";
import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
import {
  defaultSampler,
  modelDefaults,
} from "../pipeline/load/model_defaults.ts";

/** How a whole model runs where nothing else is requested, as a sentence; else what has to be given. */
export function settingsOfBase(
  base: Base,
  adapters: readonly Pick<Adapter, "kind">[],
): string {
  const { width, height } = base.nativeSize;
  const { prediction_type: predicts = "epsilon" } = base.scheduler;
  const { steps, guidance } = modelDefaults({ base, adapters });
  const begin =
    `family "${base.family}" at ${width} × ${height} pixels, predicts ${
      predicts === "epsilon" ? "noise" : predicts === "sample" ? "x₀" : "v"
    }`;
  try {
    const sampler = defaultSampler({ base, adapters });
    return `${begin}; by default sampler "${sampler}", ${
      counted(steps, "step")
    }, guidance ${guidance}`;
  } catch (error) {
    if (error instanceof LocRefError) return `${begin}; ${error.message}`;
    throw error;
  }
}
