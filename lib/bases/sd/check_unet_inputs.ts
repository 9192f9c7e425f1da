import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { readsSizes, type UnetConfig } from "./unet_config.ts";

/**
 * Makes sure that a UNet reads one text and no more.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming what else it reads.
 */
export function checkUnetInputs(
  { config, folder }: { config: UnetConfig; folder: string },
): void {
  const reads = readsSizes(config)
    ? "it reads the pooled text of a second text encoder and sizes, as SDXL's does, and the model has one text encoder"
    : undefined;
  if (reads === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `LocRef cannot use UNet ${quote(folder)}: ${reads}`,
  );
}
