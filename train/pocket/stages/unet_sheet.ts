import { loadModel } from "../../../lib/pipeline/load/load_model.ts";
import type { Executor } from "../../../lib/ops/executor.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { writeCaptionWords } from "../caption_words.ts";
import { writeStudioSheet } from "../studio/studio_sheet.ts";
import type { UnetBatchContext } from "./unet_batch.ts";
import { measureUnet } from "./unet_measure.ts";
import { writeModel } from "./write_model.ts";
import { appendJsonLine } from "./write_part.ts";

/** Settings of a sheet, a part of the stage's config. */
export interface UnetSheetConfig {
  readonly out: string;
  readonly model: string;
  readonly measured: number;
  readonly sizes?: readonly (readonly [number, number])[];
}

/**
 * Writes the model as it is now, and draws a sheet of held-out scenes. Into `held_out.jsonl` go
 * measures of what it predicts and draws of them.
 */
export async function drawUnetSheet(
  executor: Executor,
  weights: HostWeights,
  { config, context, step }: {
    readonly config: UnetSheetConfig;
    readonly context: UnetBatchContext;
    readonly step: number;
  },
): Promise<void> {
  const { out, model: folder, measured } = config;
  const { family, world } = context;
  await writeModel(folder, weights, family, config.sizes);
  await writeCaptionWords(folder);
  const predictions = await measureUnet(executor, weights, {
    context,
    scenes: measured,
  });
  await using model = await loadModel(folder);
  const drawn = await writeStudioSheet(model, world, {
    path: `${out}/sheet-${step}.png`,
    steps: 10,
  });
  await appendJsonLine(`${out}/held_out.jsonl`, {
    step,
    ...drawn,
    predictions,
  });
}
