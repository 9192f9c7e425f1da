import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { type HeaderAlpha, headerAlpha } from "./lora_alpha.ts";
import { groupLoraKeys, type LayerTensors } from "./lora_keys.ts";
import { refuseUnmergeable } from "./refuse_lora.ts";

/** An open LoRA file; its values are read when they are merged. */
export interface LoraFile {
  readonly path: string;
  readonly source: WeightSource;
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors by layer, under the names of the file. */
  readonly layers: ReadonlyMap<string, LayerTensors>;
  /** Names of no known spelling. */
  readonly unknown: readonly string[];
  readonly alpha: HeaderAlpha;
}

/**
 * Opens a LoRA file in any spelling.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` if it cannot be read, `checkpoint-mismatch`
 * if it is of a kind that is not merged.
 */
export async function openLora(path: string): Promise<LoraFile> {
  const file = await openSafetensors(path);
  refuseUnmergeable(file.names(), path);
  const { layers, unknown } = groupLoraKeys(file.names(), path);
  if (layers.size === 0) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `LoRA ${quote(path)} holds no tensors of a LoRA${
        unknown.length === 0 ? "" : `, its first is ${quote(unknown[0])}`
      }`,
    );
  }
  return {
    path,
    source: file,
    metadata: file.metadata,
    layers,
    unknown,
    alpha: headerAlpha(file.metadata, path),
  };
}
