import type { AdapterSource } from "../adapters/adapter.ts";
import { readAdapter } from "../adapters/adapter_formats.ts";
import { openBase } from "../bases/bases.ts";
import { LocRefError } from "../core/error.ts";
import { checkModel } from "../pipeline/load/check_model.ts";
import type { ModelParts } from "../pipeline/load/model_parts.ts";
import { parseClipImageConfig } from "../weights/configs/clip_config.ts";
import { type ModelSource, openSourcePart } from "../weights/model_source.ts";
import { type Diagnosis, FIX } from "./diagnosis.ts";
import { settingsOfBase } from "./settings_of_base.ts";

/** A LocRef adapter in a model's folder. */
export const locrefFile = "locref/locref.safetensors";

/** A whole model, each part of which is known to be whole. */
interface WholeModel {
  readonly source: () => Promise<ModelSource>;
  /** Opens its LocRef adapter. @default {it has none} */
  readonly locref?: () => Promise<AdapterSource>;
}

/** A diagnosis of a model with its settings, or with what keeps its parts from fitting together. */
export async function withSettings(
  found: Diagnosis,
  model: WholeModel,
): Promise<Diagnosis> {
  try {
    const parts = await openParts(model);
    checkModel(parts);
    return { ...found, settings: settingsOfBase(parts.base, parts.adapters) };
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    return { ...found, problems: [error.message], ok: false, next: FIX };
  }
}

async function openParts(
  { source: open, locref }: WholeModel,
): Promise<ModelParts> {
  const source = await open();
  const base = await openBase(source);
  const imageEncoder = source.has("image_encoder")
    ? await openSourcePart(source, "image_encoder", parseClipImageConfig)
    : undefined;
  const adapters = locref
    ? [await readAdapter(await locref(), { imageEncoder })]
    : [];
  return { base, adapters, imageEncoder };
}
