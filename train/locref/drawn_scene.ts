/** Scenes as training sees them once: a view, latents, noise and a timestep. */

import { decodeImage } from "../../lib/images/decode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import type { NoiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import type { FractionBox } from "../../lib/core/geometry.ts";
import type { LatentSpace } from "../../lib/bases/base.ts";
import type { StepRows } from "../../lib/bases/denoiser_shape.ts";
import { type Random, random } from "../../lib/core/random.ts";
import type { TrainingSample } from "../loop/training_data.ts";
import type { FrozenEncoders } from "./frozen_encoders.ts";
import type { LocrefConfig } from "./locref_config.ts";
import type { OpenedSample } from "../dataset/read/read_sample.ts";
import type { SceneShards } from "../dataset/read/shards.ts";
import {
  drawView,
  flipRaster,
  seeBox,
  seeRaster,
  type View,
  viewSizes,
} from "./view.ts";

/** A scene as one view shows it. */
export interface SeenScene {
  readonly picture: Raster;
  readonly references: readonly Raster[];
  readonly boxes: readonly FractionBox[];
  /** Which instances of the sample these are. */
  readonly instances: readonly number[];
  /** Size of the whole picture, and the part of it that is seen, for models that read them. */
  readonly sizes: RowSizes;
}

/** Sizes of one row of a batch. */
export type RowSizes = NonNullable<StepRows["sizes"]>[number];

/** The parts of a model and the data that a scene is drawn with. */
export interface DrawnFrom {
  readonly shards: SceneShards;
  readonly encoders: FrozenEncoders;
  readonly schedule: NoiseSchedule;
  /** How the denoiser's latents differ from those of the VAE. */
  readonly latent: Pick<LatentSpace, "scale" | "shift">;
}

/** A scene as training sees it once: its view, latents, noise and timestep. */
export interface DrawnScene {
  readonly seen: SeenScene;
  readonly caption: string;
  /** A phrase for each instance that is seen: its caption, or else its category. */
  readonly phrases: readonly (string | undefined)[];
  readonly latents: Tensor;
  readonly noise: Tensor;
  readonly timestep: number;
}

/** Draws all that a sample's own random numbers decide, but for what is dropped. */
export async function drawScene(
  config: Pick<LocrefConfig, "seed" | "data" | "augment">,
  { encoders, schedule, shards, latent }: DrawnFrom,
  sample: TrainingSample,
): Promise<DrawnScene> {
  const scene = await shards.read(sample.index);
  const seen = await seeScene(scene, viewOf(config, sample, scene), config);
  const moments = await encoders.latents(seen.picture);
  const { shape } = moments.mean;
  const noise = sample.random.fork("noise").normals(moments.mean.data.length);
  return {
    seen,
    caption: scene.sample.caption ?? "",
    phrases: seen.instances.map((i) => phraseOf(scene.sample.instances[i]!)),
    latents: drawLatents(moments, sample.random, latent),
    noise: tensor(shape, noise),
    timestep: sample.random.fork("timestep").integer(
      schedule.alphasCumprod.length,
    ),
  };
}

/** The phrase of an instance: its caption, or else its category. */
export function phraseOf(instance: object): string | undefined {
  const { caption, category } = instance as Record<string, unknown>;
  return [caption, category].find((one): one is string =>
    typeof one === "string" && one !== ""
  );
}

/** The view of a sample: one of its own a few, in turns by epoch, or a new one every time. */
function viewOf(
  { augment, seed }: Pick<LocrefConfig, "augment" | "seed">,
  sample: TrainingSample,
  scene: OpenedSample,
): View {
  const stream = augment.views === null
    ? sample.random.fork("view")
    : random(seed, "view", scene.key, sample.epoch % augment.views);
  return drawView(stream, augment);
}

/** Decodes a scene and looks at it: instances that leave the view, or are too many, are left out. */
export async function seeScene(
  { key, sample, jpg, refs }: OpenedSample,
  view: View,
  { data, augment }: Pick<LocrefConfig, "data" | "augment">,
): Promise<SeenScene> {
  const name = `Picture of sample ${key}`;
  const picture = await decodeImage(jpg, { name });
  const kept = sample.instances
    .map(({ box_xyxy_fraction }, i) => ({
      ...{ instance: i, reference: refs[i]! },
      ...seeBox(box_xyxy_fraction, picture, view),
    }))
    .filter(({ left }) => left >= augment.keep && left > 0)
    .slice(0, data.maxInstances);
  const references: Raster[] = [];
  for (const [i, { reference }] of kept.entries()) {
    const raster = await decodeImage(reference, {
      name: `Reference ${i} of sample ${key}`,
    });
    references.push(view.flipped ? flipRaster(raster) : raster);
  }
  return {
    picture: await seeRaster(picture, view, data.side),
    references,
    boxes: kept.map(({ box }) => box),
    instances: kept.map(({ instance }) => instance),
    sizes: viewSizes(picture, data.side),
  };
}

/** A sample of the latents' distribution, scaled as the denoiser knows them. */
function drawLatents(
  { mean, logvar }: { mean: Tensor; logvar: Tensor },
  stream: Random,
  { scale, shift }: Pick<LatentSpace, "scale" | "shift">,
): Tensor {
  const normals = stream.fork("latents").normals(mean.data.length);
  const data = normals.map((value, i) => {
    // diffusers keeps the logarithm within these bounds
    const clamped = Math.min(20, Math.max(-30, logvar.data[i]!));
    return scale * (mean.data[i]! + Math.exp(0.5 * clamped) * value - shift);
  });
  return tensor(mean.shape, data);
}
