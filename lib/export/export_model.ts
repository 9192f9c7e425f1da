import { quote } from "../core/quote.ts";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  copyFile,
  mkdir,
  readdir,
  rename,
  rm,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, checkValue } from "../core/check_options.ts";
import { seed, text } from "../core/kinds.ts";
import { chooseSampler, planRun } from "../ddim/samplers.ts";
import { LocRefError } from "../core/error.ts";
import { clipMean, clipStd } from "../images/pixel_values.ts";
import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { mapSources } from "../scene_data/sources.ts";
import { parseScene } from "../scene_data/schema.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { readVocabulary } from "../weights/configs/tokenizer_files.ts";
import { writeSafetensors } from "../weights/safetensors/write_safetensors.ts";
import { guidance, steps } from "../pipeline/options/check_picture_options.ts";
import { size } from "../pipeline/options/size_kind.ts";
import { elsewhere } from "../core/diffusers_names.ts";
import { fixedInputs, stepCoefficients, timeInputs } from "./example_inputs.ts";
import { exportPage } from "./export_page.ts";
import { type ExportedGraphs, writeGraphs } from "./export_graphs.ts";
import { exampleScene } from "./export_scene.ts";
import { locrefAmong } from "../adapters/locref/locref_file.ts";
import type { FusionSettings } from "../adapters/locref/fusion_settings.ts";
import { checkFiniteWeights } from "../pipeline/finite_weights.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";
import { sceneNoise } from "../pipeline/noise.ts";
import {
  portableModel,
  portableSource,
} from "../pipeline/provenance/portable_provenance.ts";
import { prepareScene } from "../pipeline/prepare/prepare_scene.ts";
import { preparingModel } from "../pipeline/prepare/preparing_model.ts";
import {
  originOf,
  type SceneLike,
  type SceneOrigin,
} from "../pipeline/provenance/scene_origin.ts";
import { openInstanceLoras } from "../pipeline/prepare/instance_loras.ts";
import { readInstances } from "../pipeline/prepare/read_instances.ts";
import { latentSize, renderSize } from "../pipeline/prepare/render_size.ts";
import { floats } from "../core/tensor_rows.ts";

/** `manifest.json` of an exported model. */
export interface ExportManifest extends ExportedGraphs {
  readonly format: "locref-onnx";
  readonly version: 1;
  /** The name that the model was loaded by. */
  readonly model: string;
  /** Size of the pictures, in pixels. */
  readonly size: Size;
  /** Settings of the scheduler that are used, under diffusers' names. */
  readonly scheduler: object;
  /** Side of the image encoder's square and how its pictures are normalised; absent without one. */
  readonly image?: {
    readonly side: number;
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly fit: string;
  };
  /** Numbers and switches of Eq. (1) that the adapter was made for. */
  readonly layout: FusionSettings;
  /** The example that the page runs. */
  readonly example: ExportExample;
}

/** One scene, prepared: all inputs of the UNet that do not change between steps. */
export interface ExportExample {
  /** Safetensors file with the inputs, the noise and the time of each step. */
  readonly file: string;
  readonly scene: SceneData;
  readonly seed: number;
  readonly guidance: number;
  /** Divisor of latents before the VAE decodes them. */
  readonly latentScale: number;
  /** For each step of DDIM a and b of `x ← a·x + b·prediction`. */
  readonly steps: readonly (readonly [number, number])[];
}

/** Options of {@linkcode exportModel}. */
export interface ExportOptions {
  /** The scene of the example. @default {two balls, or a caption alone without an adapter} */
  scene?: SceneLike | SceneData;
  /** Size of the pictures, in pixels. @default {the model's own, in the scene's aspect ratio} */
  size?: Size;
  /** Steps of the example. @default {the model's own} */
  steps?: number;
  /** Guidance scale of the example. @default {the model's own} */
  guidance?: number;
  /** Seed of the example's noise. @default {0} */
  seed?: number;
}

/**
 * Writes `model` into the new folder `folder` for any ONNX runtime: its graphs with their weights,
 * tokenizer, a manifest, and a page that runs an example with onnxruntime-web.
 *
 * @throws {LocRefError} `file-invalid` if the folder exists and is not empty, `scene-invalid` if
 * the example's references do not act at every step, `config-invalid` if the model's sampler clips,
 * `not-finite` if a weight holds NaN or infinity.
 */
export async function exportModel(
  model: LoadedModel,
  folder: string,
  options: ExportOptions = {},
): Promise<ExportManifest> {
  checkExport(folder, options);
  await checkFolder(folder);
  await checkFiniteWeights(model.parts);
  const part = `${folder.replace(/[/\\]+$/, "")}.${
    randomUUID().slice(0, 8)
  }.part`;
  await mkdir(part, { recursive: true });
  try {
    const manifest = await writeAll(model, part, options);
    if (existsSync(folder)) await rmdir(folder);
    await rename(part, folder);
    return manifest;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

function checkExport(folder: unknown, options: ExportOptions): void {
  checkValue(folder, text("a new folder's path"), {
    name: "Folder of export",
  });
  checkOptions<ExportOptions>(options, {
    of: "export",
    fields: {
      scene: {
        must: "a scene",
        is: (value) =>
          typeof value === "object" && value !== null && "instances" in value,
      },
      size,
      steps,
      guidance,
      seed,
    },
    labels: { steps: "Number of steps", guidance: "Guidance", seed: "Seed" },
    elsewhere,
  });
}

function dataOf(scene: SceneLike | SceneData): SceneData {
  return "toJSON" in scene ? scene.toJSON() : scene;
}

async function checkFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const held = await readdir(folder).catch(() => ["a file"]);
  if (held.length === 0) return;
  throw new LocRefError(
    "file-invalid",
    `Folder ${quote(folder)} exists already and holds ${
      quote(held[0])
    }: name a new folder`,
  );
}

/** Vocabulary and merges in files of their own, also of a tokenizer that has both in one. */
async function writeTokenizer(from: string, to: string): Promise<void> {
  await mkdir(to);
  const names = ["vocab.json", "merges.txt"] as const;
  if (names.every((name) => existsSync(join(from, name)))) {
    for (const name of names) await copyFile(join(from, name), join(to, name));
    return;
  }
  const { ids, merges } = await readVocabulary(from);
  await writeFile(join(to, names[0]), JSON.stringify(ids));
  const lines = ["#version: 0.2", ...merges, ""];
  await writeFile(join(to, names[1]), lines.join("\n"));
}

async function writeAll(
  model: LoadedModel,
  folder: string,
  options: ExportOptions,
): Promise<ExportManifest> {
  const scene = options.scene === undefined
    ? await exampleScene(model)
    : parseScene(dataOf(options.scene));
  const size = renderSize(model, scene, options.size);
  const { base, imageEncoder, adapters } = model.parts;
  const { captions, example } = await writeExample(model, folder, {
    ...options,
    origin: options.scene && originOf(options.scene),
    scene,
    size,
  });
  const graphs = await writeGraphs(model.parts, folder, {
    size: latentSize(model, size),
    captions,
  });
  for (const [name, from] of Object.entries(base.tokenizers)) {
    await writeTokenizer(from, join(folder, name));
  }
  const manifest: ExportManifest = {
    format: "locref-onnx",
    version: 1,
    model: portableModel({ name: model.name, files: {} }).name,
    size,
    scheduler: base.scheduler,
    image: imageEncoder && {
      side: imageEncoder.config.image_size,
      mean: clipMean,
      std: clipStd,
      fit: locrefAmong(adapters)?.fit ?? "stretch",
    },
    layout: model.fusion,
    ...graphs,
    example,
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFile(join(folder, "manifest.json"), text);
  await writeFile(join(folder, "index.html"), exportPage);
  return manifest;
}

async function writeExample(
  model: LoadedModel,
  folder: string,
  options: ExportOptions & {
    scene: SceneData;
    size: Size;
    origin?: SceneOrigin;
  },
): Promise<{ captions: boolean; example: ExportExample }> {
  const { scene, size, seed = 0 } = options;
  const { steps = model.defaults.steps, guidance = model.defaults.guidance } =
    options;
  checkExample(model, scene);
  const sampler = planRun(model.schedule, chooseSampler("ddim"), steps);
  await using runners = model.runners.open();
  const access = options.origin?.access;
  const prepared = await prepareScene(preparingModel(model, runners, runners), {
    data: scene,
    pictures: await readInstances(scene, { access }),
    loras: await openInstanceLoras(scene, model.parts, { access }),
  }, {
    ...{ size, guidance, guided: true },
    settings: { locref: layoutOf(model, scene) },
    ...{ plan: sampler, schedule: model.schedule },
  });
  const latent = latentSize(model, size);
  const { base } = model.parts;
  const { channels } = base.latent;
  const noise = tensor(
    [1, channels, latent.height, latent.width],
    sceneNoise(seed, channels, latent, prepared.seeded),
  );
  const tensors = new Map<string, Tensor>(
    Object.entries(await fixedInputs(prepared, noise, sampler)),
  );
  tensors.set("noise", noise);
  for (const [name, value] of timeInputs(prepared, sampler)) {
    tensors.set(name, value);
  }
  const file = "example.safetensors";
  await writeSafetensors(
    join(folder, file),
    new Map([...tensors].map(([name, { shape, data }]) => [
      name,
      { shape, data: floats({ shape, data }) },
    ])),
  );
  return {
    captions: prepared.form.captions,
    example: {
      file,
      scene: mapSources(
        scene,
        (source) =>
          source.startsWith("data:") ? source : portableSource(source),
      ),
      seed,
      guidance,
      latentScale: base.latent.scale,
      steps: stepCoefficients(sampler),
    },
  };
}

function layoutOf(model: LoadedModel, scene: SceneData): FusionSettings {
  const { overlap } = scene;
  return overlap ? { ...model.fusion, overlap } : model.fusion;
}

function checkExample(model: LoadedModel, scene: SceneData): void {
  if (model.schedule.clipRange !== undefined) {
    throw new LocRefError(
      "config-invalid",
      "The model's scheduler config clips samples (clip_sample), which the exported page does not do",
    );
  }
  if (scene.instances.length > 0 && model.parts.adapters.length === 0) {
    throw new LocRefError(
      "scene-invalid",
      `Model "${model.name}" has no adapter, so the scene's references cannot be used`,
    );
  }
  const partial = scene.instances.findIndex(({ start, end }) =>
    start > 0 || end < 1
  );
  if (partial < 0) return;
  throw new LocRefError(
    "scene-invalid",
    `Instance ${partial + 1} acts from ${scene.instances[partial]!.start} to ${
      scene.instances[partial]!.end
    } of the steps, but the exported example has the same inputs at every step`,
  );
}
