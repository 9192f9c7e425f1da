import type { Adapter } from "../../adapters/adapter.ts";
import { clipImageTokens } from "../../encoders/clip_image.ts";
import { compositeImage } from "../../images/composite.ts";
import { pixelValues } from "../../images/pixel_values.ts";
import { blankRaster, type Raster } from "../../images/raster.ts";
import type { Size } from "../../core/geometry.ts";
import { type Tensor, tensor, zeros } from "../../core/tensor.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { checkFinite } from "../../core/finite.ts";
import {
  computeKeyValues,
  groupKeyValues,
  type KeyValues,
} from "../../adapters/locref/key_values.ts";
import type { PreparingModel } from "./prepare_scene.ts";
import type { InstancePictures } from "./read_instances.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";

/** Composite image and references, as the UNet attends to them. */
export interface PreparedReferences {
  /** Keys and values of the composite image (CI). */
  readonly ci: KeyValues;
  /** Keys and values of the reference images (RI), one group an instance. */
  readonly ri: KeyValues;
}

/** Options of {@linkcode prepareReferences}. */
export interface PrepareReferencesOptions {
  /** Size of the picture, in pixels. */
  size: Size;
  /** Whether the batch begins with the unconditional branch. */
  guided: boolean;
}

/**
 * Runs composite image and references through image encoder, Appearance-Net and the branches of
 * Layout-net. The unconditional branch gets features of zeros, or of negative references.
 */
export async function prepareReferences(
  model: PreparingModel,
  scene: { data: SceneData; pictures: readonly InstancePictures[] },
  options: PrepareReferencesOptions,
): Promise<PreparedReferences> {
  const composite = await sceneComposite(
    scene.data,
    scene.pictures,
    options.size,
  );
  const blank = blankRaster(1, 1, [0, 0, 0, 255]);
  const references = scene.pictures.map(({ reference }) => reference);
  if (references.length === 0) references.push(blank);
  const negatives = scene.pictures.map(({ negative }) => negative);
  const rasters = [
    composite,
    ...references,
    ...negatives.filter((one) => one !== undefined),
  ];
  const tokens = await appearanceTokens(model, rasters);
  const none = await unconditionalTokens(model);
  const row = (i: number) => sliceBatch(tokens, i, i + 1);
  let nextNegative = 1 + references.length;
  const unwanted = references.map((_, i) =>
    negatives[i] === undefined ? none : row(nextNegative++)
  );
  const wanted = sliceBatch(tokens, 1, 1 + references.length);
  const { guided } = options;
  const ci = concatBatch(guided ? [none, row(0)] : [row(0)]);
  const ri = concatBatch(guided ? [...unwanted, wanted] : [wanted]);
  const branch = async (name: "ci" | "ri", from: Tensor) =>
    await computeKeyValues(await model.runners.branchKeyValues(name), from, {
      stage: `Layout-net's keys and values (${name})`,
      files: model.parts.adapter!.file,
    });
  return {
    ci: await branch("ci", ci),
    ri: groupKeyValues(await branch("ri", ri), references.length),
  };
}

/** The composite image of a scene (III-C): references in their boxes on black, nearer ones above. */
export async function sceneComposite(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  size: Size,
): Promise<Raster> {
  const placed = scene.instances.map((instance, i) => ({
    raster: pictures[i]!.reference,
    box: instance.box,
    z: instance.z,
    fit: instance.fit,
  }));
  // Sorting is stable: of equal depths the later placed one stays in front.
  return await compositeImage(size, placed.toSorted((a, b) => a.z - b.z));
}

/** Appearance-Net's tokens of each picture, `[N, tokens, width]`. */
async function appearanceTokens(
  model: PreparingModel,
  rasters: readonly Raster[],
): Promise<Tensor> {
  const { adapter, imageEncoder } = model.parts;
  const side = imageEncoder!.config.image_size;
  const square = { height: side, width: side };
  const pixels = new Float32Array(rasters.length * 3 * side * side);
  for (const [i, raster] of rasters.entries()) {
    // The composite image keeps the canvas's geometry: it is stretched whatever references do.
    const fit = i === 0 ? "stretch" : adapter!.fit;
    pixels.set(await pixelValues(raster, square, { fit }), i * 3 * side * side);
  }
  return await tokensOfPixels(
    model,
    tensor([rasters.length, 3, side, side], pixels),
  );
}

async function tokensOfPixels(
  model: PreparingModel,
  pixels: Tensor,
): Promise<Tensor> {
  const encoder = await model.runners.imageEncoder();
  const outputs = await encoder.run({ pixels });
  const features = outputs[featuresName(model.parts.adapter!)]!;
  const { folder } = model.parts.imageEncoder!;
  checkFinite(features, { stage: "image encoder", files: folder });
  return await tokensOfFeatures(model, features);
}

async function tokensOfFeatures(
  model: PreparingModel,
  features: Tensor,
): Promise<Tensor> {
  const net = await model.runners.appearanceNet();
  const tokens = (await net.run({ features })).tokens!;
  const { file } = model.parts.adapter!;
  checkFinite(tokens, { stage: "Appearance-Net", files: file });
  return tokens;
}

/** Which output of the image encoder an adapter reads. */
function featuresName(adapter: Adapter): "pooled" | "embeds" | "penultimate" {
  const { input } = adapter.shape;
  return input === "patch" ? "penultimate" : input;
}

/**
 * Tokens of "no picture": zero features through the Appearance-Net, but for the plus kind, which was
 * trained with the features of a zero image.
 */
async function unconditionalTokens(model: PreparingModel): Promise<Tensor> {
  const { shape } = model.parts.adapter!;
  const config = model.parts.imageEncoder!.config;
  if (shape.kind === "ip-adapter-plus") {
    const side = config.image_size;
    return await tokensOfPixels(model, zeros([1, 3, side, side]));
  }
  const patches = clipImageTokens(config);
  const features = shape.input === "patch"
    ? zeros([1, patches, shape.inputWidth])
    : zeros([1, shape.inputWidth]);
  return await tokensOfFeatures(model, features);
}
