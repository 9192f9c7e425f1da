import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor, zeros } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import { clipImageTokens } from "../../encoders/clip_image.ts";
import { pixelValues } from "../../images/pixel_values.ts";
import { blankRaster, type Raster } from "../../images/raster.ts";
import type { AdapterRun, AdapterScene } from "../adapter.ts";
import type { LocRefAdapter } from "./locref_file.ts";
import {
  computeKeyValues,
  groupKeyValues,
  type KeyValues,
} from "../../bases/key_values.ts";
import { sceneComposite } from "./scene_composite.ts";

/** Composite image and references, as the UNet attends to them. */
export interface PreparedReferences {
  /** Keys and values of the composite image (CI). */
  readonly ci: KeyValues;
  /** Keys and values of the reference images (RI), one group an instance. */
  readonly ri: KeyValues;
}

/**
 * Runs composite image and references through image encoder, Appearance-Net and the branches of
 * Layout-net. The unconditional branch gets features of zeros, or of negative references.
 */
export async function prepareReferences(
  adapter: LocRefAdapter,
  scene: AdapterScene,
  run: AdapterRun,
): Promise<PreparedReferences> {
  const model = { adapter, run };
  const composite = await sceneComposite(
    scene.data,
    scene.pictures,
    run.size,
    scene.ground,
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
  const { guided } = run;
  const ci = concatBatch(guided ? [none, row(0)] : [row(0)]);
  const ri = concatBatch(guided ? [...unwanted, wanted] : [wanted]);
  const branch = async (name: "ci" | "ri", from: Tensor) =>
    await computeKeyValues(await run.program(`${name}_key_value`), from, {
      stage: `Layout-net's keys and values (${name})`,
      files: adapter.file,
    });
  return {
    ci: await branch("ci", ci),
    ri: groupKeyValues(await branch("ri", ri), references.length),
  };
}

/** An adapter file with what a run offers it. */
interface AdapterOnRun {
  readonly adapter: LocRefAdapter;
  readonly run: AdapterRun;
}

/** Appearance-Net's tokens of each picture, `[N, tokens, width]`. */
async function appearanceTokens(
  model: AdapterOnRun,
  rasters: readonly Raster[],
): Promise<Tensor> {
  const { adapter } = model;
  const side = adapter.imageEncoder!.config.image_size;
  const square = { height: side, width: side };
  const pixels = new Float32Array(rasters.length * 3 * side * side);
  for (const [i, raster] of rasters.entries()) {
    // The composite image keeps the canvas's geometry: it is stretched whatever references do.
    const fit = i === 0 ? "stretch" : adapter.fit;
    pixels.set(await pixelValues(raster, square, { fit }), i * 3 * side * side);
  }
  return await tokensOfPixels(
    model,
    tensor([rasters.length, 3, side, side], pixels),
  );
}

async function tokensOfPixels(
  model: AdapterOnRun,
  pixels: Tensor,
): Promise<Tensor> {
  const encoder = await model.run.program("image_encoder");
  const outputs = await encoder.run({ pixels });
  const features = outputs[featuresName(model.adapter)]!;
  const { folder } = model.adapter.imageEncoder!;
  checkFinite(features, { stage: "image encoder", files: folder });
  return await tokensOfFeatures(model, features);
}

async function tokensOfFeatures(
  model: AdapterOnRun,
  features: Tensor,
): Promise<Tensor> {
  const net = await model.run.program("appearance_net");
  const tokens = (await net.run({ features })).tokens!;
  const { file } = model.adapter;
  checkFinite(tokens, { stage: "Appearance-Net", files: file });
  return tokens;
}

/** Which output of the image encoder an adapter reads. */
function featuresName(
  adapter: LocRefAdapter,
): "pooled" | "embeds" | "penultimate" {
  const { input } = adapter.shape;
  return input === "patch" ? "penultimate" : input;
}

/**
 * Tokens of "no picture": zero features through the Appearance-Net, but for the plus kind, which was
 * trained with the features of a zero image.
 */
async function unconditionalTokens(model: AdapterOnRun): Promise<Tensor> {
  const { shape } = model.adapter;
  const { config } = model.adapter.imageEncoder!;
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
