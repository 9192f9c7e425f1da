/** What the two training benches time: one optimizer step on random inputs. */

import type { Ops } from "../../lib/ops/ops.ts";
import { levelSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import {
  type DenoiserInputs,
  type DenoiserShape,
  locrefDenoiser,
} from "../../train/locref/denoiser.ts";
import { weightedSquares } from "../../train/locref/denoising_loss.ts";
import type { Optimizer } from "../../train/optimizer/optimizer.ts";
import { type Ranks, soloRank } from "../../train/ranks/ranks.ts";
import type { Tf, TfTensor } from "../../train/loop/tf.ts";
import { TrainingStep } from "../../train/loop/training_step.ts";

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
export function randomInputs(
  tf: Tf,
  { unet }: DenoiserShape,
  { batch, side, textTokens, features }: RandomBatch,
): DenoiserInputs<TfTensor> {
  const size = { height: side, width: side };
  const random = (...shape: number[]) => tf.randomNormal(shape);
  return {
    sample: random(batch, side, side, unet.in_channels),
    time: random(batch, unet.block_out_channels[0]!),
    text: random(batch, textTokens, unet.cross_attention_dim),
    ci: random(batch, ...features),
    ri: random(batch * instances, ...features),
    masks: levelSizes(unet, size).map(({ height, width }) => ({
      text: tf.ones([batch, height * width, 1]),
      ci: tf.ones([batch, height * width, 1]),
      ri: tf.fill([batch, instances, height * width], 1 / instances),
    })),
    size,
  };
}

/** What a step is taken with. */
export interface StepContext {
  readonly tf: Tf;
  readonly shape: DenoiserShape;
  /** This rank's part of the batch. */
  readonly inputs: DenoiserInputs<TfTensor>;
  readonly optimizer: Optimizer;
  /** Weights that are not trained. */
  readonly frozen: ReadonlyMap<string, TfTensor>;
  /** The operations, given the weights that gradients are wanted of. */
  readonly ops: (trained: TfTensor[]) => Ops<TfTensor>;
  /** @default {one process alone} */
  readonly ranks?: Ranks;
}

/** A function that takes the next step: prediction, loss, gradients, allreduce, AdamW. */
export function trainingStep(context: StepContext): () => Promise<void> {
  const { tf, shape, inputs, optimizer, frozen, ops } = context;
  const { ranks = soloRank } = context;
  const [samples, side] = inputs.sample.shape as [number, number];
  const target = tf.randomNormal(inputs.sample.shape);
  const map = tf.ones([samples, side, side, 1]);
  const step = new TrainingStep<Record<string, never>>({
    tf,
    ranks,
    batch: samples * ranks.size,
    steps: 1000,
    loss: (_, params, _step, trained) => {
      const predicted = locrefDenoiser(
        ops([...trained]),
        params,
        inputs,
        shape,
      );
      return weightedSquares(tf, predicted, target, map);
    },
  }, { optimizer, frozen });
  let taken = 0;
  return async () => {
    await step.run(taken++, {
      count: 1,
      samples: () => samples,
      take: () => Promise.resolve({}),
      stopping: () => false,
    });
  };
}
