import { sceneComposite } from "../../adapters/locref/scene_composite.ts";
import { filesOf } from "../../bases/part_files.ts";
import type { Size } from "../../core/geometry.ts";
import { gaussianNoise } from "../../core/random.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { SamplerPlan } from "../../ddim/sampler.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import { latentMask } from "../../images/editing/paint_mask.ts";
import type { Raster } from "../../images/raster.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { RunnerUse } from "../programs/runner_use.ts";
import { encodePicture, picturePlanes } from "./encode_picture.ts";
import type { PaintedPart } from "./painted_part.ts";
import type { ReadStart } from "./read_start.ts";
import { type RunStart, startOnPicture } from "./run_start.ts";

/** Everything that the start of a run is made of. */
export interface BeginOptions {
  readonly model: LoadedModel;
  readonly runners: RunnerUse;
  readonly scene: SceneData;
  readonly pictures: readonly InstancePictures[];
  readonly start: ReadStart;
  readonly part: PaintedPart;
  /** Height and width of its latents. */
  readonly latent: Size;
  readonly plan: SamplerPlan;
  /** Unit noise of the latents, `[1, channels, height, width]`. */
  readonly noise: Tensor;
}

/** How far seeds of posteriors lie from those of pictures. */
const posteriorSeeds = 2 ** 48;

/** Encodes the picture that a scene begins on, and lays out where its run begins. */
export async function beginOnPicture(options: BeginOptions): Promise<RunStart> {
  const { model, runners, start, part, latent, plan, noise } = options;
  const { init } = start;
  const { base } = model.parts;
  const encoder = await runners.vaeEncoder(latent);
  const cells = base.latent.channels * latent.height * latent.width;
  const encode = (planes: Tensor, draw: number) =>
    encodePicture(encoder, planes, {
      latent: base.latent,
      files: filesOf(base, "vae_encoder"),
      noise: init.seed === undefined
        ? undefined
        : gaussianNoise(init.seed + posteriorSeeds * (1 + draw), cells),
    });
  const picture = await startingPicture(options);
  const mask = part.mask && latentMask(part.mask, latent);
  const reads = base.reads?.mask ?? false;
  const run = startOnPicture(plan, {
    latents: await encode(picturePlanes(picture), 0),
    noise: noise.data as Float32Array,
    strength: init.strength,
    mask,
    reads,
  });
  if (!reads || mask === undefined) return run;
  const kept = await encode(picturePlanes(picture, part.mask!.data), 1);
  return { ...run, extra: maskChannels(mask, kept, latent) };
}

/** Channels that an inpainting denoiser reads behind the latents: the mask, and the kept picture. */
export function maskChannels(
  mask: Float32Array,
  kept: Float32Array,
  { height, width }: Size,
): Tensor {
  const cells = height * width;
  const data = new Float32Array(cells + kept.length);
  data.set(mask);
  data.set(kept, cells);
  return tensor([1, data.length / cells, height, width], data);
}

/** The photograph, with the references in it where the scene places them there. */
async function startingPicture(
  { start, part, scene, pictures }: BeginOptions,
): Promise<Raster> {
  if (!start.init.instances) return part.picture;
  return await sceneComposite(scene, pictures, part.picture, part.picture);
}
