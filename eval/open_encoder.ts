import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BackendName, openExecutor } from "../lib/ops/open_executor.ts";
import { pocketFolder } from "../lib/pipeline/pocket_folder.ts";
import { loadClipEncoder } from "./clip_encoder.ts";
import type { PictureEncoder } from "./rulers.ts";

/** Options of {@linkcode openPictureEncoder} and `openDetector`. */
export interface OpenRulerOptions {
  /** What to run on. @default {"auto"} */
  backend?: BackendName | "auto";
}

/**
 * Opens an encoder to compare pictures with: `"pocket"` (the pocket model's evaluation encoder,
 * which no generator was conditioned on), a folder in Hugging Face layout, or a hub id.
 *
 * @throws {LocRefError} if it is not there, or is of no kind that is known.
 */
export async function openPictureEncoder(
  name = "pocket",
  options: OpenRulerOptions = {},
): Promise<PictureEncoder> {
  const folder = name === "pocket"
    ? join(await pocketFolder(), "evaluation_encoder")
    : await folderOf(name);
  const { executor } = await openExecutor(options.backend);
  return await loadClipEncoder(folder, executor);
}

async function folderOf(name: string): Promise<string> {
  if (existsSync(name)) return name;
  const { resolveModelFolder } = await import(
    "../lib/weights/resolve_model.ts"
  );
  return await resolveModelFolder(name);
}
