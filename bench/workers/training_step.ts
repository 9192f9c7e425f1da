/** What the two training benches time: one optimizer step on random inputs. */

import { attentionSizes } from "../../lib/bases/places.ts";
import type { Signature } from "../../lib/ops/executor.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import { random } from "../../lib/core/random.ts";
import { sizeOf, type Tensor, tensor } from "../../lib/core/tensor.ts";
import type {
  Trainer,
  TrainerOptions,
  TrainingBatch,
} from "../../train/backends/trainer.ts";
import { openTraining } from "../../train/backends/open_training.ts";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { TrainingStep } from "../../train/loop/training_step.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import { type Ranks, soloRank } from "../../train/ranks/ranks.ts";

const instances = 4;

/** What the random inputs of a step are made of. */
export interface RandomBatch {
  readonly batch: number;
  /** Side of the latents. */
  readonly side: number;
  readonly textTokens: number;
  /** Shape of a picture's features: `[width]`, or `[tokens, width]`. */
  readonly features: readonly number[];
}

/** Noise in place of a batch, with four instances a sample whose masks are even. */
export function randomBatch(
  { denoiser }: TrainedShape,
  { batch, side, textTokens, features }: RandomBatch,
): TrainingBatch {
  const size = { height: side, width: side };
  const noise = (...shape: number[]): Tensor =>
    tensor(shape, random(0, ...shape).normals(sizeOf(shape)));
  const filled = (value: number, ...shape: number[]): Tensor =>
    tensor(shape, new Float32Array(sizeOf(shape)).fill(value));
  const masks = attentionSizes(denoiser.places(size)).flatMap((at) => {
    const queries = at.height * at.width, key = sizeKey(at);
    return [
      [`text_mask.${key}`, filled(1, batch, queries, 1)],
      [`ci_mask.${key}`, filled(1, batch, queries, 1)],
      [`ri_mask.${key}`, filled(1 / instances, batch, instances, queries)],
    ] as const;
  });
  const { inputs, outputs } = denoiser.step({ size });
  const like = ({ shape }: Signature) =>
    noise(batch, ...shape.slice(1).map(Number));
  const own = Object.entries(inputs)
    .filter(([name]) => !/^text_[kv]\./.test(name))
    .map(([name, signature]) => [name, like(signature)] as const);
  return {
    ...Object.fromEntries(own),
    text: noise(batch, textTokens, denoiser.textWidth),
    ci: noise(batch, ...features),
    ri: noise(batch * instances, ...features),
    ...Object.fromEntries(masks),
    target: like(outputs.prediction!),
    map: filled(1, batch, 1, side, side),
  };
}

/** A model that is trained, and a batch of it. */
export interface StepCase {
  readonly shape: TrainedShape;
  /** This rank's part of the batch. */
  readonly inputs: RandomBatch;
  readonly weights: Omit<TrainerOptions, "program">;
}

/** What a step is taken with. */
export interface StepContext extends StepCase {
  readonly backend: TrainingConfig["backend"];
  readonly threads: number;
  /** @default {one process alone} */
  readonly ranks?: Ranks;
}

/** A function that takes the next step: prediction, loss, gradients, allreduce, AdamW. */
export async function trainingStep(
  context: StepContext,
): Promise<() => Promise<void>> {
  const { backend, threads, shape, inputs, weights, ranks = soloRank } =
    context;
  const { side, batch: samples } = inputs;
  const batch = randomBatch(shape, inputs);
  const training = await openTraining(backend, { threads });
  const trainer: Trainer = await training.open({
    ...weights,
    program: denoisingProgram(shape, { width: side, height: side }),
  });
  const step = new TrainingStep(trainer, {
    ranks,
    batch: samples * ranks.size,
    steps: 1000,
  });
  let taken = 0;
  return async () => {
    await step.run(taken++, {
      count: 1,
      samples: () => samples,
      take: () => Promise.resolve(batch),
      stopping: () => false,
    });
  };
}
