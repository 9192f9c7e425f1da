import type { Size } from "../../../lib/core/geometry.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { NoiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import type { ClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { type Tensor, tensor, zeros } from "../../../lib/core/tensor.ts";
import { joinFloats } from "../../../lib/core/tensor_rows.ts";
import { denoisingBatch } from "../../locref/denoising_batch.ts";
import type { LossWeights } from "../../locref/training_masks.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import { contentTargetNames, contentTargets } from "../losses/content_loss.ts";
import { isOwnSize } from "../losses/unet_loss.ts";
import { placeTargets } from "../losses/place_loss.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import type { PocketFamily } from "./family.ts";
import { namedByLevel } from "./level_names.ts";
import {
  featuresOf,
  type FrozenParts,
  type SceneFeatures,
} from "./scene_features.ts";
import {
  drawSample,
  type SampleSettings,
  type SizeTurn,
  type UnetSample,
} from "./unet_sample.ts";

/** Inputs of a batch. */
export interface UnetBatchContext extends FrozenParts, SampleSettings {
  readonly world: PocketWorld;
  readonly family: PocketFamily;
  readonly tokenizer: ClipTokenizer;
  readonly schedule: NoiseSchedule;
  readonly lossWeights: Required<LossWeights>;
}

/** Most objects of a scene: what batches are filled up to, so that all have one shape. */
const mostObjects = 4;

/**
 * Draws scenes, encodes them with the frozen parts, and adds noise.
 *
 * The result is a batch of `denoisingBatch` with targets of the losses beside Eq. (2). It has token
 * `ids` in place of text, since the text encoder is trained too.
 *
 * @param options.rest what the weights of those losses are multiplied by.
 * @param options.at size of the pictures.
 */
export async function makeUnetBatch(
  context: UnetBatchContext,
  { streams, ...shape }: { streams: readonly Random[] } & BatchShape,
): Promise<TrainingBatch> {
  const samples = streams.map((stream) =>
    drawSample(context, stream, shape.at)
  );
  return await batchOf(context, samples, shape);
}

/** Properties that all samples of a batch share. */
interface BatchShape {
  readonly rest: number;
  readonly at: SizeTurn;
}

/** The batch of given samples. */
export async function batchOf(
  context: UnetBatchContext,
  samples: readonly UnetSample[],
  { rest, at: { size } }: BatchShape,
): Promise<TrainingBatch> {
  const { tokenizer, family } = context;
  const features = await featuresOf(
    context,
    samples.map(({ scene }) => scene),
  );
  const factor = family.side / family.latentSide;
  const grid = { height: size.height / factor, width: size.width / factor };
  const latents = latentsOf(features, family, grid);
  const { ci, ri } = tokensOf(features, samples, family);
  const texts = samples.map(({ caption }) => tokenizer.encode(caption).ids);
  const ids = Int32Array.from(texts.flatMap((one) => [...one]));
  const noise = joinFloats(samples.map((sample) => sample.noise));
  const batch = denoisingBatch({
    latents,
    noise: tensor(latents.shape, noise),
    timesteps: samples.map(({ timestep }) => timestep),
    text: zeros([1, 1, 1]),
    ci,
    ri,
    layouts: samples.map(({ scene, settings }) => ({
      boxes: scene.outline.objects.map(({ box }) => box),
      settings,
    })),
    lossWeights: context.lossWeights,
  }, { denoiser: family.denoiser, schedule: context.schedule });
  const told = samples.map(({ images }) => images);
  return {
    ...namedByLevel(batch, family.unet, grid),
    ids: tensor([samples.length, tokenizer.length], ids),
    ...placeTargets(family, told, grid),
    ...isOwnSize(family, grid)
      ? contentTargets(
        family,
        latents,
        insideBoxes(context, batch.map!, told),
      )
      : noTargets(contentTargetNames(family)),
    rest: tensor([], Float32Array.of(rest)),
  };
}

/** Values that stand for targets that nothing reads. */
function noTargets(names: readonly string[]): Values<Tensor> {
  return Object.fromEntries(names.map((name) => [name, zeros([1])]));
}

/** 1 where the map of the loss is not that of the background, in samples that have their pictures. */
function insideBoxes(
  { lossWeights }: UnetBatchContext,
  map: Tensor,
  told: readonly boolean[],
): Tensor {
  const cells = map.data.length / told.length;
  const inside = Float32Array.from(map.data, (weight, i) => {
    const apart = Math.abs(weight - lossWeights.background) > 1e-3;
    return Number(apart && told[Math.floor(i / cells)]!);
  });
  return tensor(map.shape, inside);
}

function latentsOf(
  features: readonly SceneFeatures[],
  { latentChannels }: PocketFamily,
  { height, width }: Size,
): Tensor {
  const data = joinFloats(features.map((one) => one.latents));
  const shape = [features.length, latentChannels, height, width];
  return tensor(shape, data);
}

/** Tokens of composite images and references; zeros where they are dropped or there is none. */
function tokensOf(
  features: readonly SceneFeatures[],
  samples: readonly UnetSample[],
  { tokens, image: { hidden_size: width } }: PocketFamily,
): { ci: Tensor; ri: Tensor } {
  const count = samples.length, each = tokens * width;
  const ci = new Float32Array(count * each);
  const ri = new Float32Array(count * mostObjects * each);
  for (const [n, one] of features.entries()) {
    if (!samples[n]!.images) continue;
    ci.set(one.ci, n * each);
    for (const [i, reference] of one.ri.entries()) {
      ri.set(reference, (n * mostObjects + i) * each);
    }
  }
  return {
    ci: tensor([count, tokens, width], ci),
    ri: tensor([count * mostObjects, tokens, width], ri),
  };
}
