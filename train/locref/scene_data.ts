import { compositeImage } from "../../lib/images/composite.ts";
import type { Fit } from "../../lib/images/resize.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { type Tensor, zeros } from "../../lib/core/tensor.ts";
import { concatBatch } from "../../lib/core/tensor_rows.ts";
import type { FractionBox } from "../../lib/core/geometry.ts";
import type { DenoiserShape } from "../../lib/bases/denoiser_shape.ts";
import type { Random } from "../../lib/core/random.ts";
import type { TrainingData, TrainingSample } from "../loop/training_data.ts";
import { type DrawnFrom, drawScene, type RowSizes } from "./drawn_scene.ts";
import { denoisingBatch } from "./denoising_batch.ts";
import type { TrainingBatch } from "../backends/trainer.ts";
import type { EncodedText, EncoderOutput } from "./frozen_encoders.ts";
import type { LocrefConfig } from "./locref_config.ts";

/** Inputs of {@linkcode sceneData}. */
export interface SceneDataOptions extends DrawnFrom {
  readonly denoiser: DenoiserShape;
  /** The features that Appearance-Net takes. */
  readonly output: EncoderOutput;
  /** How references are fitted to the encoder's square; composites are squares. @default {"stretch"} */
  readonly fit?: Fit;
  /**
   * Instances that every sample is filled up to, so that all batches have one shape.
   *
   * @default {the most of any sample in a batch}
   */
  readonly instances?: number;
}

/** One sample of a batch, on the host. */
interface EncodedSample {
  readonly latents: Tensor;
  readonly noise: Tensor;
  readonly timestep: number;
  readonly text: EncodedText;
  readonly sizes: RowSizes;
  readonly ci: Tensor;
  readonly ri: readonly Tensor[];
  readonly boxes: readonly FractionBox[];
}

/** Scenes from shards as batches for the loss of Eq. (2). */
export function sceneData(
  config: LocrefConfig,
  options: SceneDataOptions,
): TrainingData {
  return {
    length: options.shards.keys.length,
    async batch(samples) {
      const encoded: EncodedSample[] = [];
      for (const sample of samples) {
        encoded.push(await encodeSample(config, options, sample));
      }
      return toBatch(config, options, encoded);
    },
  };
}

async function encodeSample(
  config: LocrefConfig,
  options: SceneDataOptions,
  sample: TrainingSample,
): Promise<EncodedSample> {
  const { encoders, output, fit } = options;
  const { seen, caption, ...drawn } = await drawScene(config, options, sample);
  const features = (raster: Raster) =>
    encoders.features(raster, { output, fit });
  const { dropImages, dropText } = drawDropout(
    sample.random.fork("dropout"),
    config.dropout,
  );
  const side = { width: config.data.side, height: config.data.side };
  const placed = seen.references.map((raster, i) => ({
    raster,
    box: seen.boxes[i]!,
  }));
  const composite = await features(await compositeImage(side, placed));
  const none = zeros(composite.shape);
  const ri: Tensor[] = [];
  for (const reference of seen.references) {
    ri.push(dropImages ? none : await features(reference));
  }
  return {
    ...drawn,
    text: await encoders.text(dropText ? undefined : caption),
    sizes: seen.sizes,
    ci: dropImages ? none : composite,
    ri,
    boxes: seen.boxes,
  };
}

/** Which conditions a sample goes without: images, text or both, each with its own probability. */
export function drawDropout(
  stream: Random,
  { image, text, both }: LocrefConfig["dropout"],
): { dropImages: boolean; dropText: boolean } {
  const drawn = stream.uniform();
  const isImage = drawn < image;
  const isText = drawn >= image && drawn < image + text;
  const isBoth = drawn >= image + text && drawn < image + text + both;
  return { dropImages: isImage || isBoth, dropText: isText || isBoth };
}

function toBatch(
  config: LocrefConfig,
  { denoiser, schedule, instances: filled = 1 }: SceneDataOptions,
  samples: readonly EncodedSample[],
): TrainingBatch {
  const instances = Math.max(filled, ...samples.map(({ ri }) => ri.length));
  const none = zeros(samples[0]!.ci.shape);
  const references = samples.flatMap(({ ri }) =>
    Array.from({ length: instances }, (_, i) => ri[i] ?? none)
  );
  return denoisingBatch({
    latents: concatBatch(samples.map(({ latents }) => latents)),
    noise: concatBatch(samples.map(({ noise }) => noise)),
    timesteps: samples.map(({ timestep }) => timestep),
    text: concatBatch(samples.map(({ text }) => text.tokens)),
    pooled: pooledOf(samples),
    sizes: samples.map(({ sizes }) => sizes),
    ci: concatBatch(samples.map(({ ci }) => ci)),
    ri: concatBatch(references),
    layouts: samples.map(({ boxes }) => ({ boxes })),
    lossWeights: config.loss,
  }, { denoiser, schedule });
}

/** The vectors of the texts, where the base has them. */
export function pooledOf(
  samples: readonly Pick<EncodedSample, "text">[],
): Tensor | undefined {
  const each = samples.flatMap(({ text }) => text.pooled ?? []);
  return each.length === samples.length ? concatBatch(each) : undefined;
}
