import { pocketSizes } from "../pocket_sizes.ts";
import { listLossWeights } from "../../lib/ops/list_weights.ts";
import { unetShape } from "../../lib/bases/sd/unet_programs.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import type { Ranks } from "../../train/ranks/ranks.ts";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { noWeights } from "../../train/loop/host_weights.ts";
import {
  type RandomBatch,
  type StepCase,
  trainingStep,
} from "./training_step.ts";

/** What a pocket step is taken with. */
export interface PocketStep {
  readonly backend: TrainingConfig["backend"];
  /** Folder of the model whose sizes it has. */
  readonly model: string;
  readonly threads: number;
  /** Samples of all ranks together. */
  readonly batch: number;
  readonly ranks: Ranks;
}

/** The pocket UNet with LocRef, and the sizes of its inputs. */
export async function pocketShape(model: string): Promise<{
  readonly shape: TrainedShape;
  readonly inputs: Omit<RandomBatch, "batch">;
}> {
  const { unet, textTokens, imageTokens } = await pocketSizes(model);
  const context = unet.cross_attention_dim;
  const shape: TrainedShape = {
    denoiser: unetShape(unet),
    appearanceNet: {
      kind: "locref",
      input: "patch",
      inputWidth: context,
      hiddenWidth: context,
      width: context,
      tokens: imageTokens,
    },
  };
  const side = unet.sample_size ?? 16;
  const features = [imageTokens, context];
  return { shape, inputs: { side, textTokens, features } };
}

/** The pocket UNet with LocRef, all weights trained, and a batch of it. */
export async function pocketCase(
  model: string,
  batch: number,
): Promise<StepCase> {
  const { shape, inputs } = await pocketShape(model);
  const { side } = inputs;
  return {
    shape,
    inputs: { ...inputs, batch },
    weights: {
      trainable: initialWeights(
        listLossWeights(denoisingProgram(shape, { height: side, width: side })),
      ),
      frozen: noWeights,
    },
  };
}

/** A function that takes the next step of the pocket UNet with LocRef: all weights trained, AdamW. */
export async function pocketStep(
  { backend, model, threads, batch, ranks }: PocketStep,
): Promise<() => Promise<void>> {
  const step = await pocketCase(model, batch / ranks.size);
  return await trainingStep({ backend, threads, ranks, ...step });
}
