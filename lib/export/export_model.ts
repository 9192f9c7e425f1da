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
import { flag, seed, text } from "../core/kinds.ts";
import { LocRefError } from "../core/error.ts";
import { clipMean, clipStd } from "../images/pixel_values.ts";
import type { Size } from "../core/geometry.ts";
import { parseScene } from "../scene_data/parse_scene.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { readVocabulary } from "../weights/configs/tokenizer_files.ts";
import { guidance, steps } from "../pipeline/options/check_picture_options.ts";
import { size } from "../pipeline/options/size_kind.ts";
import { elsewhere } from "../core/diffusers_names.ts";
import { exportPage } from "./export_page.ts";
import { type ExportedGraphs, writeGraphs } from "./export_graphs.ts";
import { exampleScene } from "./export_scene.ts";
import { locrefAmong } from "../adapters/locref/locref_file.ts";
import type { FusionSettings } from "../adapters/locref/fusion_settings.ts";
import { checkFiniteWeights } from "../pipeline/finite_weights.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";
import { portableModel } from "../pipeline/provenance/portable_provenance.ts";
import {
  originOf,
  type SceneLike,
} from "../pipeline/provenance/scene_origin.ts";
import { latentSize, renderSize } from "../pipeline/prepare/render_size.ts";
import { type ExportExample, writeExample } from "./export_example.ts";

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
    /** How the composite image lies in the square, `contain` by whole cells of the latents. */
    readonly compositeFit: string;
  };
  /** Numbers and switches of Eq. (1) that the adapter was made for. */
  readonly layout: FusionSettings;
  /** The example that the page runs. */
  readonly example: ExportExample;
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
  /** Whether the graphs have the form that WebGPU needs, on which the page then runs them. @default {false} */
  webgpu?: boolean;
}

/**
 * Writes `model` into the new folder `folder` for any ONNX runtime: its graphs with their weights,
 * tokenizer, a manifest, and a page that runs an example with onnxruntime-web.
 *
 * @throws {LocRefError} `file-invalid` if the folder exists and is not empty; `scene-invalid` if
 * the example's references do not act at every step; `config-invalid` if the model's sampler clips;
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
      webgpu: flag,
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
    ...{ captions, webgpu: options.webgpu },
  });
  for (const [name, from] of Object.entries(base.tokenizers)) {
    await writeTokenizer(from, join(folder, name));
  }
  const locref = locrefAmong(adapters);
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
      fit: locref?.fit ?? "stretch",
      compositeFit: locref?.compositeFit ?? "stretch",
    },
    layout: model.fusion,
    ...graphs,
    example,
  };
  await writePage(folder, manifest, options);
  return manifest;
}

async function writePage(
  folder: string,
  manifest: ExportManifest,
  { webgpu = false }: ExportOptions,
): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFile(join(folder, "manifest.json"), text);
  const page = exportPage(webgpu ? "webgpu" : "wasm");
  await writeFile(join(folder, "index.html"), page);
}
