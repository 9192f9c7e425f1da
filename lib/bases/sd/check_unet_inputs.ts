import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * Makes sure that a UNet reads nothing but one text and the time.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming what else it reads.
 */
export function checkUnetInputs(
  { config, folder }: { config: UnetConfig; folder: string },
): void {
  const reads = config.projection_class_embeddings_input_dim
    ? "it reads the pooled text of a second text encoder and sizes, as SDXL's does, and the model has one text encoder"
    : config.time_cond_proj_dim
    ? "it reads the guidance, as one that was distilled with LCM does, which is not supported"
    : undefined;
  if (reads === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `LocRef cannot use UNet ${quote(folder)}: ${reads}`,
  );
}
