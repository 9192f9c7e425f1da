import type { NoiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import type { ClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { type Tensor, tensor, zeros } from "../../../lib/core/tensor.ts";
import type { FusionSettings } from "../../../lib/adapters/locref/fusion_settings.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { denoisingBatch } from "../../locref/denoising_batch.ts";
import type { LossWeights } from "../../locref/training_masks.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import {
  type FrozenImageEncoder,
  patchFeatures,
} from "./frozen_image_encoder.ts";
import { encodeLatents, type FrozenVae } from "../vae/frozen_vae.ts";
import { contentTargets } from "../losses/content_loss.ts";
import { placeTargets } from "../losses/place_loss.ts";
import { drawStudioScene, type StudioScene } from "../studio/studio_scene.ts";
import type { PocketWorld } from "../world/scenes.ts";
import type { PocketFamily } from "./family.ts";

/** How often each condition is dropped and each switch of the ablation is off. */
export interface DropoutRates {
  readonly text: number;
  readonly image: number;
  readonly both: number;
  readonly grgOff: number;
  readonly iafOff: number;
  readonly isOff: number;
}

/** Inputs of a batch. */
export interface UnetBatchContext {
  readonly world: PocketWorld;
  readonly family: PocketFamily;
  readonly vae: FrozenVae;
  readonly encoder: FrozenImageEncoder;
  readonly tokenizer: ClipTokenizer;
  readonly schedule: NoiseSchedule;
  readonly dropout: DropoutRates;
  /** Timesteps drawn for a sample, of which the noisiest is taken. */
  readonly timestepDraws: number;
  /** Part of the samples whose timestep is drawn evenly below {@linkcode littleNoise}. */
  readonly lowNoise: number;
  readonly lossWeights: Required<LossWeights>;
}

/** Timesteps below this one have little noise: they decide how clean grounds and edges are. */
const littleNoise = 300;

/** One drawn sample. */
export interface UnetSample {
  readonly scene: StudioScene;
  readonly caption: string;
  readonly images: boolean;
  readonly settings: Partial<FusionSettings>;
  readonly timestep: number;
  readonly noise: Float32Array;
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
 */
export async function makeUnetBatch(
  context: UnetBatchContext,
  { streams, rest }: { streams: readonly Random[]; rest: number },
): Promise<TrainingBatch> {
  const samples = streams.map((stream) => drawSample(context, stream));
  return await batchOf(context, samples, rest);
}

/** The batch of given samples. */
export async function batchOf(
  context: UnetBatchContext,
  samples: readonly UnetSample[],
  rest: number,
): Promise<TrainingBatch> {
  const { tokenizer, family } = context;
  const latents = await encodeLatents(
    context.vae,
    samples.map(({ scene }) => scene.picture),
  );
  const { ci, ri } = await features(context, samples);
  const texts = samples.map(({ caption }) => tokenizer.encode(caption).ids);
  const ids = Int32Array.from(texts.flatMap((one) => [...one]));
  const noise = Float32Array.from(
    samples.flatMap((sample) => [...sample.noise]),
  );
  const batch = denoisingBatch({
    latents,
    noise: tensor(latents.shape, noise),
    timesteps: samples.map(({ timestep }) => timestep),
    text: zeros([1, 1, 1]),
    ci,
    ri,
    layouts: samples.map(({ scene, settings }) => ({
      boxes: scene.objects.map(({ box }) => box),
      settings,
    })),
    lossWeights: context.lossWeights,
  }, { config: family.unet, schedule: context.schedule });
  const told = samples.map(({ images }) => images);
  return {
    ...batch,
    ids: tensor([samples.length, tokenizer.length], ids),
    ...placeTargets(family, told),
    ...contentTargets(
      family,
      latents,
      insideBoxes(context, batch.map!, told),
    ),
    rest: tensor([], Float32Array.of(rest)),
  };
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

function drawSample(
  { world, family, dropout, timestepDraws, lowNoise }: UnetBatchContext,
  stream: Random,
): UnetSample {
  const is = !stream.chance(dropout.isOff);
  const { side, latentSide, latentChannels } = family;
  const scene = drawStudioScene(world, stream.fork("scene"), {
    is,
    size: { width: side, height: side },
    referenceSide: side,
  });
  const choice = stream.uniform();
  const noText = choice < dropout.text + dropout.both;
  const noImage = choice >= dropout.text &&
    choice < dropout.text + dropout.both + dropout.image;
  return {
    scene,
    caption: noText ? "" : scene.caption,
    images: !noImage,
    settings: {
      grg: !stream.chance(dropout.grgOff),
      iaf: !stream.chance(dropout.iafOff),
    },
    timestep: stream.fork("noise level").chance(lowNoise)
      ? stream.fork("low noise").integer(littleNoise)
      : Math.max(
        ...Array.from({ length: timestepDraws }, () => stream.integer(1000)),
      ),
    noise: stream.fork("noise")
      .normals(latentChannels * latentSide ** 2),
  };
}

/** Features of composite images and references; zeros where they are dropped or there is none. */
async function features(
  { encoder }: UnetBatchContext,
  samples: readonly UnetSample[],
): Promise<{ ci: Tensor; ri: Tensor }> {
  const instances = mostObjects;
  const pictures: Float32Array[] = [];
  const places: { ci?: number; ri?: number }[] = [];
  for (const [n, { scene, images }] of samples.entries()) {
    if (!images) continue;
    pictures.push(scene.composite);
    places.push({ ci: n });
    for (const [i, { reference }] of scene.objects.entries()) {
      pictures.push(reference);
      places.push({ ri: n * instances + i });
    }
  }
  const { hidden_size: width } = encoder.config;
  const tokens = (encoder.config.image_size / encoder.config.patch_size) ** 2 +
    1;
  const ci = new Float32Array(samples.length * tokens * width);
  const ri = new Float32Array(samples.length * instances * tokens * width);
  if (pictures.length > 0) {
    const all = floats(await patchFeatures(encoder, pictures));
    for (const [i, place] of places.entries()) {
      const rows = all.subarray(i * tokens * width, (i + 1) * tokens * width);
      if (place.ci !== undefined) ci.set(rows, place.ci * tokens * width);
      else ri.set(rows, place.ri! * tokens * width);
    }
  }
  return {
    ci: tensor([samples.length, tokens, width], ci),
    ri: tensor([samples.length * instances, tokens, width], ri),
  };
}
