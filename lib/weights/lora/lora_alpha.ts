import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { LoraPart } from "./layer_names.ts";

/** Strengths that a header gives. */
export interface HeaderAlpha {
  /** The factor of a layer with `rank`, or `undefined` where the header names none. */
  factor(part: LoraPart, layer: string, rank: number): number | undefined;
}

/** Settings of one part, as peft writes them. */
interface PartSettings {
  readonly alpha?: number;
  readonly patterns: Readonly<Record<string, unknown>>;
  readonly rootOfRank: boolean;
}

/**
 * Reads alpha from a file's metadata: `lora_adapter_metadata` of diffusers, or plain keys of peft.
 * A tensor beside the layer goes before. `ss_network_alpha` is the request of the training and
 * counts for nothing.
 *
 * @throws {LocRefError} `file-invalid` if it cannot be read.
 */
export function headerAlpha(
  metadata: Readonly<Record<string, string>>,
  file: string,
): HeaderAlpha {
  const values = { ...metadata, ...adapterMetadata(metadata, file) };
  const parts = new Map<LoraPart, PartSettings>();
  for (const part of ["unet", "text_encoder", "text_encoder_2"] as const) {
    parts.set(part, settingsOf(values, part, file));
  }
  return {
    factor(part, layer, rank) {
      const { alpha, patterns, rootOfRank } = parts.get(part)!;
      const own = Object.entries(patterns).find(([key]) => fits(key, layer));
      const value = own === undefined
        ? alpha
        : numberOf(own[1], `alpha_pattern.${own[0]}`, file);
      if (value === undefined) return undefined;
      return value / (rootOfRank ? Math.sqrt(rank) : rank);
    },
  };
}

function adapterMetadata(
  metadata: Readonly<Record<string, string>>,
  file: string,
): Record<string, unknown> {
  const text = metadata.lora_adapter_metadata;
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // the same as a value of another kind
  }
  throw new LocRefError(
    "file-invalid",
    `LoRA ${
      quote(file)
    } must have a JSON object as its metadata "lora_adapter_metadata", got ${
      quote(text)
    }`,
  );
}

function settingsOf(
  values: Readonly<Record<string, unknown>>,
  part: LoraPart,
  file: string,
): PartSettings {
  const of = (key: string) => values[`${part}.${key}`] ?? values[key];
  const patterns = of("alpha_pattern");
  const alpha = of("lora_alpha");
  if (isTrue(of("use_dora"))) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `LoRA ${
        quote(file)
      } is a DoRA by its metadata (${part}.use_dora), and LocRef does not merge it`,
    );
  }
  return {
    alpha: alpha === undefined
      ? undefined
      : numberOf(alpha, "lora_alpha", file),
    patterns: typeof patterns === "object" && patterns !== null
      ? patterns as Record<string, unknown>
      : {},
    rootOfRank: isTrue(of("use_rslora")),
  };
}

/** Plain metadata holds text only. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true" || value === "True";
}

function numberOf(value: unknown, key: string, file: string): number {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new LocRefError(
    "file-invalid",
    `LoRA ${quote(file)} must have a number as its metadata ${
      quote(key)
    }, got ${quote(value)}`,
  );
}

/** Whether a key of a pattern is a layer's name or the end of one. */
function fits(key: string, layer: string): boolean {
  const plain = key.replace(/^\^|\$$/g, "");
  return layer === plain || layer.endsWith(`.${plain}`);
}
