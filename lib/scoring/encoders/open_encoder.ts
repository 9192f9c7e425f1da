import { existsSync } from "node:fs";
import { join } from "node:path";
import { openExecutor } from "../../ops/open_executor.ts";
import type { BackendName } from "../../ops/backends.ts";
import { pocketFolder } from "../../pipeline/load/pocket_folder.ts";
import { checkObject } from "../../weights/configs/parse_config.ts";
import { readConfigFile } from "../../weights/configs/read_config_file.ts";
import { loadClipEncoder } from "./clip_encoder.ts";
import type { PictureEncoder } from "../../pipeline/options/rulers.ts";

/** Options of {@linkcode openPictureEncoder} and `openDetector`. */
export interface OpenRulerOptions {
  /** Backend. @default {"auto"} */
  backend?: BackendName | "auto";
}

/**
 * Opens an encoder that compares pictures: `"pocket"`, or a folder or hub id of CLIP, DINO or DINOv2
 * in Hugging Face layout. `"pocket"` is an encoder that no generator was conditioned on.
 *
 * @throws {LocRefError} if it is missing, or of an unknown kind.
 */
export async function openPictureEncoder(
  name = "pocket",
  options: OpenRulerOptions = {},
): Promise<PictureEncoder> {
  const folder = name === "pocket"
    ? join(await pocketFolder(), "evaluation_encoder")
    : await folderOf(name);
  const { executor } = await openExecutor(options.backend);
  const file = join(folder, "config.json");
  const config = await readConfigFile(file);
  checkObject(config, { file });
  const { model_type } = config;
  if (model_type === "dinov2" || model_type === "vit") {
    const { loadVitEncoder } = await import("./vit_encoder.ts");
    return await loadVitEncoder(folder, executor);
  }
  return await loadClipEncoder(folder, executor);
}

async function folderOf(name: string): Promise<string> {
  if (existsSync(name)) return name;
  const { resolveModelFolder } = await import(
    "../../weights/resolve_model.ts"
  );
  return await resolveModelFolder(name);
}
