/** The parts that training of all rivals shares: models, weights, data, and the file at the end. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { portableName } from "../../lib/core/files/portable_name.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import { openImageEncoder } from "../../lib/encoders/open_image_encoder.ts";
import { listLossWeights, listWeights } from "../../lib/ops/list_weights.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import {
  locateModel,
  type ModelLocation,
} from "../../lib/pipeline/load/locate_model.ts";
import { openWeights } from "../../lib/weights/open_part.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { openShards } from "../dataset/read/shards.ts";
import { FeatureCache } from "../locref/feature_cache.ts";
import { FrozenEncoders } from "../locref/frozen_encoders.ts";
import {
  denoiserWeights,
  openTrainedBase,
} from "../locref/open_trained_base.ts";
import { drawSamples } from "../locref/sample_sheet.ts";
import {
  type HostWeights,
  readHostWeights,
  writeHostWeights,
} from "../loop/host_weights.ts";
import { initialWeights } from "../loop/initial_weights.ts";
import type { OpenStage, StageContext } from "../loop/stage.ts";
import { adapterLoss, frozenDenoiser } from "./adapter_loss.ts";
import type { AdapterTraining, FrozenModels } from "./adapter_training.ts";
import type { BaselineConfig } from "./baseline_config.ts";
import { sceneBatches } from "./scene_batches.ts";

/** How a rival's stage opens. */
export interface BaselineStage {
  /** Name of the adapter, and of its file. */
  readonly name: string;
  /** Makes the adapter's part of training. */
  readonly open: (models: FrozenModels) => AdapterTraining;
  /** Whether sample sheets give instances their phrases. @default {false} */
  readonly phrased?: boolean;
}

/** Opens a rival's training on a frozen base. */
export async function openBaseline(
  config: BaselineConfig,
  { executor, backend }: StageContext,
  { name, open, phrased = false }: BaselineStage,
): Promise<OpenStage> {
  const location = await locateModel(config.model.base, {
    imageEncoder: config.model.imageEncoder ?? undefined,
  });
  const models = await openModels(config, location, executor);
  const { base, latent } = models;
  const training = open(models);
  const program = adapterLoss(
    frozenDenoiser(base.denoiser, training.net, latent),
    training.net,
  );
  const shards = await openShards(config.data.shards, config.data.split);
  const write = async (path: string, weights: HostWeights) =>
    await writeHostWeights(path, weights, {
      dtype: "F16",
      metadata: {
        base: portableName(config.model.base),
        ...training.metadata,
      },
    });
  return {
    program,
    trainable: await trainableOf(config, models, {
      ...{ training, shapes: ownShapes(models, listLossWeights(program)) },
    }),
    frozen: models.weights,
    recompute: config.recompute,
    data: sceneBatches(config, {
      ...{ models, training, shards, schedule: noiseSchedule(base.scheduler) },
    }),
    sample: async (view) => {
      const weights = await view.export();
      const adapter = join(config.out, "samples.safetensors");
      await write(adapter, weights);
      await training.beside?.(config.out, weights);
      await drawSamples(view.step, {
        ...{ config, adapter, location, shards, backend, phrased },
      });
    },
    finish: async (weights) => {
      const adapter = join(config.out, `${name}.safetensors`);
      await write(adapter, weights);
      await training.beside?.(config.out, weights);
      return { adapter };
    },
    close: () => models.encoders.dispose(),
  };
}

async function openModels(
  { data }: BaselineConfig,
  location: ModelLocation,
  executor: StageContext["executor"],
): Promise<FrozenModels> {
  const onWarning = (warning: string) => console.error(`Warning: ${warning}`);
  const base = await openTrainedBase(location, { onWarning });
  const imageEncoder = location.imageEncoder === undefined
    ? undefined
    : await openImageEncoder(location.imageEncoder, { onWarning });
  const { side } = data;
  const cells = Math.floor(side / base.latent.factor);
  const latent = { height: cells, width: cells };
  return {
    ...{ base, side, latent, places: base.places(latent) },
    weights: denoiserWeights(base),
    imageEncoder: imageEncoder?.config,
    encoders: await FrozenEncoders.open({
      ...{ executor, base, imageEncoder, side },
      cache: new FeatureCache(data.cache),
    }),
  };
}

/** Weights of a loss that the plain base does not read. */
function ownShapes(
  { base, latent }: FrozenModels,
  all: ReadonlyMap<string, readonly number[]>,
): Map<string, readonly number[]> {
  const frozen = new Set(
    [base.denoiser.step({ size: latent }), base.denoiser.textKeyValues({})]
      .flatMap((program) => [...listWeights(program).keys()]),
  );
  return new Map([...all].filter(([name]) => !frozen.has(name)));
}

async function trainableOf(
  { model, seed }: BaselineConfig,
  { weights }: FrozenModels,
  { training, shapes }: {
    readonly training: AdapterTraining;
    readonly shapes: ReadonlyMap<string, readonly number[]>;
  },
): Promise<HostWeights> {
  if (model.adapter !== null) {
    const { adapters: [path] } = await locateModel(model.base, {
      adapter: model.adapter,
    });
    const file = (await stat(path!)).isDirectory()
      ? await openWeights(path!)
      : await openSafetensors(path!);
    return await readHostWeights(training.weightsOf(file), shapes);
  }
  return await firstWeights(training, weights, { shapes, seed });
}

/** The weights at the start: fresh, or those of the base that they take the part of. */
async function firstWeights(
  { initial, copied }: AdapterTraining,
  base: WeightSource,
  { shapes, seed }: {
    readonly shapes: ReadonlyMap<string, readonly number[]>;
    readonly seed: number;
  },
): Promise<HostWeights> {
  const weights = new Map(initialWeights(shapes, { seed, rule: initial }));
  for (const [name, shape] of shapes) {
    const origin = copied?.(name);
    if (origin === undefined) continue;
    const read = await readHostWeights(base, new Map([[origin, shape]]));
    weights.set(name, read.get(origin)!);
  }
  return weights;
}
