import type { SceneData } from "../../scene_data/scene_data.ts";
import type { BackendInfo, LoadedModel } from "../load/loaded_model.ts";
import type { RunSettings } from "../run_settings.ts";
import { hashLoras } from "./lora_provenance.ts";
import {
  hashModel,
  type hashSources,
  type ModelProvenance,
  type Provenance,
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
  },
): Promise<Provenance> {
  const { settings, hashes, model } = made;
  if (!modelHashes.has(model)) modelHashes.set(model, modelProvenance(model));
  return {
    version: 1,
    scene,
    ...settings,
    model: await modelHashes.get(model)!,
    backend: backendText(model.backend),
    ...hashes,
  };
}

/** Which model it is: hashes of its files, and of its LoRAs with their strengths. */
export async function modelProvenance(
  { name, parts }: Pick<LoadedModel, "name" | "parts">,
): Promise<ModelProvenance> {
  const files = await hashModel(parts);
  const loras = await hashLoras(parts.loras);
  return { name, files, ...(loras && { loras }) };
}
