import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { refuseOtherKind } from "../refuse_kind.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { type HeaderAlpha, headerAlpha } from "./lora_alpha.ts";
import type { LayerTensors } from "./difference_kind.ts";
import { groupLoraKeys } from "./lora_keys.ts";
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

/** A file that may be a LoRA: its header, and values where it lies on this machine. */
type LoraSource = WeightSource & {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/**
 * Opens a LoRA file in any spelling.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` if it cannot be read, `checkpoint-mismatch`
 * if it is of a kind that is not merged.
 */
export async function openLora(path: string): Promise<LoraFile> {
  return loraIn(await openSafetensors(path));
}

/**
 * An open file as a LoRA. Reads no values.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is none, or of a kind that is not merged.
 */
export function loraIn(file: LoraSource): LoraFile {
  const { path, metadata } = file;
  refuseUnmergeable(file.names(), path);
  refuseOtherKind(file, {
    kinds: ["lora", "lycoris"],
    file: `File ${quote(path)}`,
    expected: "LoRA",
  });
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
    metadata,
    layers,
    unknown,
    alpha: headerAlpha(metadata, path),
  };
}
