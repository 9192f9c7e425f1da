import { openAdapter } from "../../adapters/adapter_formats.ts";
import { openExecutor } from "../../ops/open_executor.ts";
import type { LoadOptions } from "../options/load_options.ts";
import { checkLoad } from "../options/check_load_options.ts";
import { checkLoadPermissions } from "../options/check_permissions.ts";
import { Runners } from "../programs/runners.ts";
import type { ModelParts } from "./model_parts.ts";
import { checkModel } from "./check_model.ts";
import { LoadedModel } from "./loaded_model.ts";
import { modelDefaults } from "./model_defaults.ts";
import { locateModel, type ModelLocation } from "./locate_model.ts";
import { refuseFiles } from "./refuse_files.ts";
import { refusePairs } from "./refuse_pairs.ts";
import { vaeWarning } from "./vae_warning.ts";
import { openBase } from "../../bases/bases.ts";
import { openSource } from "./open_source.ts";
import { withLoras } from "./merge_loras.ts";
import { openTaesd } from "../../encoders/taesd/open_taesd.ts";
import { openImageEncoder } from "../../encoders/open_image_encoder.ts";
import type { PeekOptions } from "../../weights/hub/peek.ts";
import type { OpenOptions } from "../../weights/open_part.ts";

export type { LoadOptions };

/**
 * Loads a model: `"pocket"` (part of this package), a folder in Hugging Face layout, a checkpoint in
 * one file, or either on the hub: `org/repo[@revision]`, `org/repo/file.safetensors`.
 *
 * @throws {LocRefError} if files are missing, broken or do not fit together, if the backend is not
 * installed, or if a permission is missing.
 */
export async function loadModel(
  name = "pocket",
  options: LoadOptions = {},
): Promise<LoadedModel> {
  checkLoad(name, options);
  options.signal?.throwIfAborted();
  await checkLoadPermissions(options.backend);
  const looking: LoadOptions & PeekOptions = { ...options, looked: new Map() };
  await refuseFiles(name, looking);
  await refusePairs(name, looking);
  const location = await locateModel(name, options);
  const warnings: string[] = [];
  const onWarning = (warning: string) => warnings.push(warning);
  const parts = await openParts(location, { ...options, onWarning });
  checkModel(parts);
  const doubt = vaeWarning(location.replacements?.vae, parts.base);
  if (doubt !== undefined) warnings.push(doubt);
  warnings.push(...parts.adapters.flatMap(({ notes = [] }) => notes));
  warnings.push(...await parts.base.openTokenizers());
  const { executor, name: backend, tried } = await openExecutor(
    options.backend,
    options,
  );
  return new LoadedModel({
    name,
    warnings,
    backend: {
      ...{ name: backend, int8: options.int8 ?? false, tried },
      precision: options.precision ?? "float32",
    },
    defaults: modelDefaults(parts),
    parts,
    runners: new Runners(executor, parts, name),
  });
}

async function openParts(
  location: ModelLocation,
  options: OpenOptions & Pick<LoadOptions, "prediction">,
): Promise<ModelParts> {
  const source = await openSource(location, options);
  const { base, loras } = await withLoras(
    location.loras,
    options,
    (more) => openBase(source, { ...options, ...more }),
  );
  const imageEncoder = location.imageEncoder === undefined
    ? undefined
    : await openImageEncoder(location.imageEncoder, options);
  const adapters = await Promise.all(
    location.adapters.map((path) => openAdapter(path, { imageEncoder })),
  );
  const taesd = location.taesd === undefined
    ? undefined
    : await openTaesd(location.taesd, options);
  return { base, loras, adapters, imageEncoder, taesd };
}
