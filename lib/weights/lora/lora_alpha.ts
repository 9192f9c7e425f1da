import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { layerPattern } from "./layer_pattern.ts";
import type { LoraPart } from "./layer_names.ts";

/** Strengths that a header gives. */
export interface HeaderAlpha {
  /** The factor of a layer with `rank`, or `undefined` where the header names none. */
  factor(part: LoraPart, layer: string, rank: number): number | undefined;
}

/** Settings of one part, as peft writes them. */
interface PartSettings {
  readonly alpha?: number;
  /** Alphas of single layers; the first whose pattern fits counts. */
  readonly patterns: readonly {
    readonly fits: (layer: string) => boolean;
    readonly alpha: number;
  }[];
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
      const own = patterns.find(({ fits }) => fits(layer));
      const value = own?.alpha ?? alpha;
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
    patterns: patternsOf(patterns, file),
    rootOfRank: isTrue(of("use_rslora")),
  };
}

/** Layers' own alphas by regular expressions over their names, in the order of the file. */
function patternsOf(value: unknown, file: string): PartSettings["patterns"] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([key, own]) => {
    const fits = layerPattern(key);
    if (fits !== undefined) {
      return { fits, alpha: numberOf(own, `alpha_pattern.${key}`, file) };
    }
    throw new LocRefError(
      "file-invalid",
      `LoRA ${quote(file)} has an alpha_pattern ${
        quote(key)
      }, which is no regular expression that is read: letters, ., [], (), |, *, +, ? and {} are`,
    );
  });
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
