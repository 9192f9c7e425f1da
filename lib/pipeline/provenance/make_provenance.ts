import type { SceneData } from "../../scene_data/scene_data.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { RunSettings } from "../run_settings.ts";
import { hashModel, type hashSources, type Provenance } from "./provenance.ts";

const modelHashes = new WeakMap<LoadedModel, Promise<Record<string, string>>>();

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
  if (!modelHashes.has(model)) modelHashes.set(model, hashModel(model.parts));
  return {
    version: 1,
    scene,
    ...settings,
    model: { name: model.name, files: await modelHashes.get(model)! },
    backend: `${model.backend.name}${model.backend.int8 ? " (int8)" : ""}`,
    ...hashes,
  };
}
