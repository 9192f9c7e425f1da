import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor, zeros } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import { visionTokens } from "../../encoders/vit.ts";
import { pixelValues } from "../../images/pixel_values.ts";
import { cropRaster } from "../../images/resize.ts";
import { placeInSquare } from "../../weights/square_fit.ts";
import { blankRaster, type Raster } from "../../images/raster.ts";
import type { AdapterRun, AdapterScene } from "../adapter.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { subtractContent } from "../ip_adapter/without_content.ts";
import type { FusionSettings } from "./fusion_settings.ts";
import type { LocRefAdapter } from "./locref_file.ts";
import {
  computeKeyValues,
  groupKeyValues,
  type KeyValues,
} from "../../bases/key_values.ts";
import {
  combineFeatures,
  commonLength,
  groupTokens,
  type PictureGroup,
  pictureGroups,
} from "./picture_groups.ts";
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
  { without }: Pick<FusionSettings, "without"> = {},
): Promise<PreparedReferences> {
  const model = { adapter, run };
  const composite = await sceneComposite(
    scene.data,
    scene.pictures,
    run.size,
    scene.ground,
  );
  const { instances } = scene.data;
  const references = scene.pictures.flatMap(({ reference, others = [] }) => [
    reference,
    ...others,
  ]);
  if (references.length === 0) {
    references.push(blankRaster(1, 1, [0, 0, 0, 255]));
  }
  const negatives = scene.pictures.map(({ negative }) => negative);
  const rasters = [
    composite,
    ...references,
    ...negatives.filter((one) => one !== undefined),
  ];
  const read = await pictureFeatures(model, rasters);
  const features = without === undefined ? read : concatBatch(
    await subtractContent(read, without, {
      ...{ input: adapter.shape.input, rows: 1 + references.length, run },
    }),
  );
  const groups = instances.length === 0
    ? [{ instance: 0, rows: [0], share: 1 }]
    : pictureGroups(instances);
  const split = { instances, pictures: references.length, groups };
  const { ci, ri } = await branchTokens(model, features, {
    ...split,
    hasNegative: negatives.map((one) => one !== undefined),
  });
  const branch = async (name: "ci" | "ri", from: Tensor) =>
    await computeKeyValues(await run.program(`${name}_key_value`), from, {
      stage: `Layout-net's keys and values (${name})`,
      files: adapter.file,
    });
  return {
    ci: await branch("ci", ci),
    ri: groupKeyValues(await branch("ri", ri), groups.length),
  };
}

/** How the rows of features are divided among instances. */
interface FeatureRows {
  readonly instances: SceneData["instances"];
  /** Rows of pictures, behind that of the composite image; those of negative references follow. */
  readonly pictures: number;
  readonly groups: readonly PictureGroup[];
  /** Which instances have negative references. */
  readonly hasNegative: readonly boolean[];
}

/** Tokens of both branches, those of the unconditional half first where the run is guided. */
async function branchTokens(
  model: AdapterOnRun,
  features: Tensor,
  { instances, pictures, groups, hasNegative }: FeatureRows,
): Promise<{ ci: Tensor; ri: Tensor }> {
  const last = features.shape[0]!;
  const own = sliceBatch(features, 1, 1 + pictures);
  const tokens = await tokensOfFeatures(
    model,
    concatBatch([
      sliceBatch(features, 0, 1),
      combineFeatures(own, instances),
      sliceBatch(features, 1 + pictures, last),
    ]),
  );
  const none = await unconditionalTokens(model);
  const row = (i: number) => sliceBatch(tokens, i, i + 1);
  const rows = groups.flatMap(({ rows }) => rows).length;
  const wanted = groupTokens(sliceBatch(tokens, 1, 1 + rows), groups);
  if (!model.run.guided) return { ci: row(0), ri: wanted };
  let next = 1 + rows;
  const negatives = hasNegative.map((has) => has ? row(next++) : none);
  const unwanted = groupTokens(
    concatBatch(groups.map(({ instance }) => negatives[instance] ?? none)),
    alike(groups),
  );
  return {
    ci: concatBatch([none, row(0)]),
    ri: concatBatch([unwanted, wanted]),
  };
}

/** Groups of one row each, as long as the longest of `groups`. */
function alike(groups: readonly PictureGroup[]): PictureGroup[] {
  const longest = commonLength(groups);
  return groups.map((group, i) => ({
    ...group,
    rows: Array.from({ length: longest }, () => i),
  }));
}

/** An adapter file with what a run offers it. */
interface AdapterOnRun {
  readonly adapter: LocRefAdapter;
  readonly run: AdapterRun;
}

/** The image encoder's features of each picture, `[N, …]`. */
async function pictureFeatures(
  model: AdapterOnRun,
  rasters: readonly Raster[],
): Promise<Tensor> {
  const { adapter } = model;
  const side = adapter.imageEncoder!.config.image_size;
  const square = { height: side, width: side };
  const pixels = new Float32Array(rasters.length * 3 * side * side);
  for (const [i, raster] of rasters.entries()) {
    const [seen, fit] = i === 0
      ? [inSquare(raster, model), "stretch" as const]
      : [raster, adapter.fit];
    pixels.set(await pixelValues(seen, square, { fit }), i * 3 * side * side);
  }
  return await featuresOfPixels(
    model,
    tensor([rasters.length, 3, side, side], pixels),
  );
}

/** The composite image as it is stretched to the encoder's square: itself, or in whole cells in one. */
function inSquare(raster: Raster, { adapter, run }: AdapterOnRun): Raster {
  if (adapter.compositeFit === "stretch") return raster;
  const cell = run.size.height / run.latent.height;
  const { side, x, y } = placeInSquare(raster, cell);
  return cropRaster(raster, { x: -x, y: -y, width: side, height: side });
}

async function featuresOfPixels(
  model: AdapterOnRun,
  pixels: Tensor,
): Promise<Tensor> {
  const encoder = await model.run.program("image_encoder");
  const outputs = await encoder.run({ pixels });
  const features = outputs[featuresName(model.adapter)]!;
  const { folder } = model.adapter.imageEncoder!;
  checkFinite(features, { stage: "image encoder", files: folder });
  return features;
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
    const pixels = zeros([1, 3, side, side]);
    return await tokensOfFeatures(model, await featuresOfPixels(model, pixels));
  }
  const patches = visionTokens(config);
  const features = shape.input === "patch"
    ? zeros([1, patches, shape.inputWidth])
    : zeros([1, shape.inputWidth]);
  return await tokensOfFeatures(model, features);
}
