import { assetFolder } from "../../core/files/assets.ts";

/**
 * The files of the embedded pocket model. The merges in `tokenizer/merges.br`, from which the vocabulary
 * follows, stand for the tokenizer's `vocab.json` and `merges.txt`, which only a clone has.
 */
export const pocketFiles: readonly string[] = [
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
  "tokenizer/merges.br",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.safetensors",
  "vae/config.json",
  "vae/diffusion_pytorch_model.safetensors",
  "words.txt",
];

/**
 * The folder of the pocket model that is part of this package, in the user's cache where the
 * package was imported over the network.
 *
 * @throws {LocRefError} `file-missing` if it must be fetched and cannot be.
 */
export async function pocketFolder(): Promise<string> {
  return await assetFolder("models/pocket", pocketFiles);
}
