import type { Tensor } from "../../core/tensor.ts";
import { sliceBatch } from "../../core/tensor_rows.ts";
import type { Values } from "../../ops/executor.ts";
import type { StepRun } from "../base.ts";
import type { TextConditioning } from "../text_conditioning.ts";
import { sdStepInputs } from "../sd/step_inputs.ts";
import { addedInput } from "../sd/time_embedding.ts";
import type { UnetConfig } from "../sd/unet_config.ts";
import { timeIds } from "./time_ids.ts";

/**
 * Inputs of the UNet for a batch of timesteps: the time, and pooled text with sizes, which are the same
 * in every step.
 *
 * @param text The unconditional text and the scene's, or the scene's alone.
 */
export function sdxlStepInputs(
  config: UnetConfig,
  text: TextConditioning,
  run: StepRun,
): (timesteps: readonly number[]) => Values<Tensor> {
  const time = sdStepInputs(config, run.guidance);
  const rows = text.pooled!.shape[0]!;
  const ids = lastRows(timeIds(run.size, run.sizes), rows);
  const added = addedInput(text.pooled!, ids, config);
  // the same tensors in every step stay on the device
  const ofBatch = new Map([[rows, added]]);
  return (timesteps) => {
    const batch = timesteps.length;
    if (!ofBatch.has(batch)) ofBatch.set(batch, lastRows(added, batch));
    return { ...time(timesteps), added: ofBatch.get(batch)! };
  };
}

function lastRows(x: Tensor, rows: number): Tensor {
  return sliceBatch(x, x.shape[0]! - rows, x.shape[0]!);
}
