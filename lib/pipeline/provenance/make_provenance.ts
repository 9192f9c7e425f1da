import { basename } from "node:path";
import type { WeightSource } from "../../ops/executor.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";
import type { ControlUnit } from "../controls/control_unit.ts";
import type { PaintedPicture } from "./scene_origin.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { BackendInfo, LoadedModel } from "../load/loaded_model.ts";
import type { RunSettings } from "../run_settings.ts";
import { hashLoras } from "./lora_provenance.ts";
import {
  hashModel,
  type hashSources,
  type ModelProvenance,
  type Provenance,
  weightFiles,
} from "./provenance.ts";

const modelHashes = new WeakMap<LoadedModel, Promise<ModelProvenance>>();

/** A backend as provenance names it, such as `onnx-webgpu (float16)`. */
function backendText({ name, int8, precision }: BackendInfo): string {
  const form = int8 ? "int8" : precision === "float16" ? precision : "";
  return form === "" ? name : `${name} (${form})`;
}

/** How a picture was made; a model's files are hashed once. */
export async function makeProvenance(
  scene: SceneData,
  made: {
    settings: RunSettings;
    hashes: Awaited<ReturnType<typeof hashSources>>;
    model: LoadedModel;
    units?: readonly ControlUnit[];
    painted?: PaintedPicture;
  },
): Promise<Provenance> {
  const { settings, hashes, model, units = [], painted } = made;
  if (!modelHashes.has(model)) modelHashes.set(model, modelProvenance(model));
  return {
    version: 1,
    scene,
    ...settings,
    model: withControls(
      await modelHashes.get(model)!,
      await hashControls(units),
    ),
    backend: backendText(model.backend),
    ...hashes,
    ...(painted !== undefined && painted.source === scene.init?.image && {
      painted: painted.provenance,
    }),
  };
}

/** A model with the files of the controls beside it. */
function withControls(
  model: ModelProvenance,
  controls: Readonly<Record<string, string>>,
): ModelProvenance {
  return { ...model, files: { ...model.files, ...controls } };
}

const controlHashes = new WeakMap<object, Promise<Record<string, string>>>();

/** SHA-256 of the weights of each control, by its number and the file's name. */
async function hashControls(
  units: readonly ControlUnit[],
): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { control, number } of units) {
    if (!controlHashes.has(control)) {
      controlHashes.set(control, hashFiles(control.weights));
    }
    const files = await controlHashes.get(control)!;
    for (const [name, hash] of Object.entries(files)) {
      all[`control_${number + 1}/${name}`] = hash;
    }
  }
  return all;
}

async function hashFiles(
  weights: WeightSource,
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of weightFiles(weights)) {
    hashes[basename(file)] = await hashFile(file);
  }
  return hashes;
}

/** Which model it is: hashes of its files, and of its LoRAs with their strengths. */
export async function modelProvenance(
  { name, parts }: Pick<LoadedModel, "name" | "parts">,
): Promise<ModelProvenance> {
  const files = await hashModel(parts);
  const loras = await hashLoras(parts.loras);
  return { name, files, ...(loras && { loras }) };
}
