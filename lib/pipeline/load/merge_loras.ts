import type { OpenBaseOptions } from "../../weights/model_source.ts";
import { leftWarning, LoraSet } from "../../weights/lora/apply_loras.ts";
import { openLora } from "../../weights/lora/lora_file.ts";
import type { LoraOptions } from "../options/load_options.ts";
import type { MergedLora } from "./model_parts.ts";

/** A base with LoRAs merged in. */
export interface WithLoras<B> {
  readonly base: B;
  readonly loras: readonly MergedLora[];
}

/**
 * Opens a base with LoRAs merged into its weights as they are read.
 *
 * @param open Opens the base with the given options.
 * @throws {LocRefError} if a file is missing, broken, of another base, or of a kind that is not merged.
 */
export async function withLoras<B>(
  loras: readonly Required<LoraOptions>[],
  options: OpenBaseOptions,
  open: (options: OpenBaseOptions) => Promise<B>,
): Promise<WithLoras<B>> {
  const files = [];
  for (const { path, scale, textScale } of loras) {
    files.push({ file: await openLora(path), scale, textScale });
  }
  const set = new LoraSet(files);
  const base = await open({
    ...options,
    wrapWeights: (part, weights) => set.merge(part, weights),
  });
  const reports = set.report();
  for (const report of reports) {
    const warning = leftWarning(report);
    if (warning !== undefined) options.onWarning?.(warning);
  }
  return {
    base,
    loras: loras.map((lora, i) => {
      const { used, left } = reports[i]!;
      return { ...lora, used, left: left.length };
    }),
  };
}
