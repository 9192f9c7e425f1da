import type { NoiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import type { ClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { type Tensor, tensor, zeros } from "../../../lib/core/tensor.ts";
import { upload } from "../../../lib/ops/tfjs/layout.ts";
import type { LayoutSettings } from "../../../lib/adapters/locref/layout_settings.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { denoisingBatch } from "../../locref/denoising_batch.ts";
import type { DenoisingBatch } from "../../locref/denoising_loss.ts";
import type { LossWeights } from "../../locref/training_masks.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { Tf, TfTensor } from "../../loop/tf.ts";
import {
  type FrozenImageEncoder,
  patchFeatures,
} from "./frozen_image_encoder.ts";
import { encodeLatents, type FrozenVae } from "./frozen_vae.ts";
import type { Content } from "../losses/content_loss.ts";
import {
  drawScene,
  type PocketScene,
  type PocketWorld,
} from "../world/scenes.ts";
import { pocketUnetConfig } from "./unet_config.ts";

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
  readonly tf: Tf;
  readonly world: PocketWorld;
  readonly vae: FrozenVae;
  readonly encoder: FrozenImageEncoder;
  readonly tokenizer: ClipTokenizer;
  readonly schedule: NoiseSchedule;
  readonly dropout: DropoutRates;
  /** Timesteps drawn for a sample, of which the noisiest is taken. */
  readonly timestepDraws: number;
  readonly lossWeights: Required<LossWeights>;
}

/** A batch whose text is still token ids, since the text encoder is trained along. */
export interface UnetBatch extends DenoisingBatch {
  readonly ids: TfTensor;
  /** Which samples have their pictures. */
  readonly told: readonly boolean[];
  /** Target of the attention to the composite image. */
  readonly content: Content;
}

/** One drawn sample. */
interface Sample {
  readonly scene: PocketScene;
  readonly caption: string;
  readonly images: boolean;
  readonly settings: Partial<LayoutSettings>;
  readonly timestep: number;
  readonly noise: Float32Array;
}

/** Draws scenes, encodes them with the frozen parts, and adds noise. */
export function makeUnetBatch(
  context: UnetBatchContext,
  streams: readonly Random[],
): UnetBatch {
  const { tf, tokenizer } = context;
  const samples = streams.map((stream) => drawSample(context, stream));
  const latents = encodeLatents(
    tf,
    context.vae,
    samples.map(({ scene }) => scene.picture),
  );
  const { ci, ri } = features(context, samples);
  const texts = samples.map(({ caption }) => tokenizer.encode(caption).ids);
  const ids = Int32Array.from(texts.flatMap((one) => [...one]));
  const noise = Float32Array.from(
    samples.flatMap((sample) => [...sample.noise]),
  );
  const batch = denoisingBatch(tf, {
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
  }, { config: pocketUnetConfig, schedule: context.schedule });
  const told = samples.map(({ images }) => images);
  return {
    ...batch,
    told,
    content: {
      latents: upload(tf, latents, "image"),
      inside: tf.tidy(() => {
        const [count] = latents.shape;
        const has = tf.tensor(told.map(Number), [count!, 1, 1, 1]);
        const { background } = context.lossWeights;
        const apart = tf.abs(tf.sub(batch.map, background));
        return tf.mul(tf.greater(apart, 1e-3), has);
      }),
    },
    ids: upload(tf, tensor([samples.length, tokenizer.length], ids), "ids"),
  };
}

const latentCells = pocketUnetConfig.in_channels *
  pocketUnetConfig.sample_size ** 2;

function drawSample(
  { world, dropout, timestepDraws }: UnetBatchContext,
  stream: Random,
): Sample {
  const is = !stream.chance(dropout.isOff);
  const scene = drawScene(world, stream.fork("scene"), { is });
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
    timestep: Math.max(
      ...Array.from({ length: timestepDraws }, () => stream.integer(1000)),
    ),
    noise: stream.fork("noise").normals(latentCells),
  };
}

/** Features of composite images and references; zeros where they are dropped or there is none. */
function features(
  { tf, encoder }: UnetBatchContext,
  samples: readonly Sample[],
): { ci: Tensor; ri: Tensor } {
  const instances = Math.max(
    1,
    ...samples.map(({ scene }) => scene.objects.length),
  );
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
    const all = floats(patchFeatures(tf, encoder, pictures));
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
