/** Options of making pictures of latents. */

import type { Fields } from "../../core/check_options.ts";
import { flag, oneOf } from "../../core/kinds.ts";

/** How latents become pictures. */
export interface DecodeOptions {
  /**
   * Decodes in tiles that overlap by a quarter, in less memory; tones may differ a little from tile to
   * tile.
   *
   * @default {where the whole picture would take more than 8 GB}
   */
  tiles?: boolean;
  /**
   * Decoder of the picture: the model's own, or the tiny one of `LocRef.load(name, { taesd })`, in a
   * fraction of the time and less exact.
   *
   * @default {"vae"}
   */
  decoder?: "vae" | "taesd";
  /** Decoder of the pictures that `step.preview()` returns. @default {decoder} */
  preview?: "vae" | "taesd";
}

const decoders = oneOf(["vae", "taesd"]);

/** The kinds of these options. */
export const decodeFields: Fields<DecodeOptions> = {
  tiles: flag,
  decoder: decoders,
  preview: decoders,
};

/**
 * Refuses a tiny decoder that the model was loaded without.
 *
 * @throws {TypeError} naming option and model.
 */
export function checkDecoders(
  options: DecodeOptions,
  model: { readonly name: string; readonly hasTaesd: boolean },
): void {
  if (model.hasTaesd) return;
  for (const key of ["decoder", "preview"] as const) {
    if (options[key] !== "taesd") continue;
    throw new TypeError(
      `Option ${key} is "taesd", but model "${model.name}" was loaded without it: give LocRef.load { taesd }, or --taesd`,
    );
  }
}
