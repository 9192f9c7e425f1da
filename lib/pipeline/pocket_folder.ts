import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LocRefError } from "../error.ts";
import { writeFileAtomically } from "../write_file.ts";

/** The files of the embedded pocket model. */
const pocketFiles = [
  "detector/config.json",
  "detector/model.safetensors",
  "evaluation_encoder/config.json",
  "evaluation_encoder/model.safetensors",
  "image_encoder/config.json",
  "image_encoder/model.safetensors",
  "locref/locref.safetensors",
  "model_index.json",
  "scheduler/scheduler_config.json",
  "text_encoder/config.json",
  "text_encoder/model.safetensors",
  "tokenizer/merges.txt",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "tokenizer/vocab.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.safetensors",
  "vae/config.json",
  "vae/diffusion_pytorch_model.safetensors",
] as const;

/**
 * The folder of the pocket model that is part of this package.
 *
 * Where the package itself was imported over the network, its files are copied to the user's cache
 * once.
 */
export async function pocketFolder(): Promise<string> {
  const home = new URL("../../models/pocket/", import.meta.url);
  if (home.protocol === "file:") return fileURLToPath(home);
  const version = /@([^/]+)\//.exec(home.pathname)?.[1] ?? "latest";
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(cache, "locref", `pocket-${version}`);
  for (const file of pocketFiles) {
    const path = join(folder, file);
    if (!existsSync(path)) await download(new URL(file, home), path);
  }
  return folder;
}

async function download(url: URL, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) {
    const message = `Pocket model: ${url} answered ${response.status}`;
    throw new LocRefError("file-missing", message);
  }
  await writeFileAtomically(
    path,
    new Uint8Array(await response.arrayBuffer()),
  );
}
