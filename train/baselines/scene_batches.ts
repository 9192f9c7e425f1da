import { LocRefError } from "../../lib/core/error.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { concatBatch } from "../../lib/core/tensor_rows.ts";
import type { NoiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import type { SceneShards } from "../dataset/read/shards.ts";
import { noisySample, targetOf } from "../locref/denoising_batch.ts";
import type { EncodedText } from "../locref/frozen_encoders.ts";
import { type DrawnScene, drawScene } from "../locref/drawn_scene.ts";
import { drawDropout, pooledOf } from "../locref/scene_data.ts";
import { lossMap } from "../locref/training_masks.ts";
import type { TrainingData, TrainingSample } from "../loop/training_data.ts";
import type {
  AdapterTraining,
  ConditionedScene,
  FrozenModels,
} from "./adapter_training.ts";
import type { BaselineConfig } from "./baseline_config.ts";

/** Inputs of {@linkcode sceneBatches}. */
export interface SceneBatchesOptions {
  readonly models: FrozenModels;
  readonly training: AdapterTraining;
  readonly shards: SceneShards;
  readonly schedule: NoiseSchedule;
}

/** One sample of a batch. */
interface BatchScene extends Omit<DrawnScene, "caption">, ConditionedScene {
  readonly text: EncodedText;
}

/** Scenes from shards as batches for an adapter's loss. */
export function sceneBatches(
  config: BaselineConfig,
  options: SceneBatchesOptions,
): TrainingData {
  const { models, training, schedule, shards } = options;
  return {
    length: shards.keys.length,
    async batch(samples) {
      const scenes: BatchScene[] = [];
      for (const sample of samples) {
        scenes.push(await readScene(config, options, sample));
      }
      const joined = (part: (scene: BatchScene) => Tensor) =>
        concatBatch(scenes.map(part));
      const noisy = {
        latents: joined(({ latents }) => latents),
        noise: joined(({ noise }) => noise),
        timesteps: scenes.map(({ timestep }) => timestep),
      };
      const { base, latent } = models;
      return {
        sample: noisySample(schedule, noisy),
        ...base.denoiser.rowInputs({
          timesteps: noisy.timesteps,
          pooled: pooledOf(scenes),
          sizes: scenes.map(({ seen }) => seen.sizes),
        }),
        text: joined(({ text }) => text.tokens),
        target: targetOf(schedule, noisy),
        map: lossMap(
          scenes.map(({ seen }) => ({ boxes: seen.boxes })),
          latent,
          config.loss,
        ),
        ...await training.conditions(scenes),
      };
    },
  };
}

async function readScene(
  config: BaselineConfig,
  { models, schedule, shards }: SceneBatchesOptions,
  sample: TrainingSample,
): Promise<BatchScene> {
  const { base, encoders } = models;
  const drawn = await drawScene(config, {
    ...{ encoders, schedule, shards, latent: base.latent },
  }, sample);
  const { conditions: image, text, both } = config.dropout;
  const { dropImages, dropText } = drawDropout(
    sample.random.fork("dropout"),
    { image, text, both },
  );
  return {
    ...drawn,
    caption: dropText ? undefined : drawn.caption,
    text: await encoders.text(dropText ? undefined : drawn.caption),
    key: shards.keys[sample.index]!,
    dropped: dropImages,
    random: sample.random,
  };
}

/**
 * The phrases of a scene's instances, for adapters that learn from them.
 *
 * @param reader The adapter in messages.
 * @throws {LocRefError} `file-invalid` if the sample does not say it.
 */
export function neededPhrases(
  { key, seen, phrases }: ConditionedScene,
  reader: string,
): string[] {
  return phrases.map((phrase, i) => {
    if (phrase !== undefined) return phrase;
    throw new LocRefError(
      "file-invalid",
      `Instance ${
        seen.instances[i]
      } of sample ${key} has neither "caption" nor "category", and ${reader} learns from what it is`,
    );
  });
}
