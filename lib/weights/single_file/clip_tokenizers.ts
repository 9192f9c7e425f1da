import { join } from "node:path";
import { assetFolder } from "../../core/files/assets.ts";

/** Folders of CLIP's tokenizer, which is part of this package. */
export interface ClipTokenizers {
  /** CLIP's own: it pads with the token that ends a text. */
  readonly plain: string;
  /** OpenCLIP's: it pads with "!". */
  readonly open: string;
}

/** Files of CLIP's tokenizers: the merges, from which the vocabulary follows, and settings. */
const files = [
  "merges.br",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "tokenizer_2/special_tokens_map.json",
  "tokenizer_2/tokenizer_config.json",
];

/**
 * The tokenizers of checkpoints in one file, which hold none.
 *
 * @throws {LocRefError} `file-missing` if they must be fetched and cannot be.
 */
export async function clipTokenizers(): Promise<ClipTokenizers> {
  const folder = await assetFolder("models/clip", files);
  return {
    plain: join(folder, "tokenizer"),
    open: join(folder, "tokenizer_2"),
  };
}
