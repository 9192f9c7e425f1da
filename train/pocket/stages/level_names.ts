import type { Size } from "../../../lib/core/geometry.ts";
import { sizeKey } from "../../../lib/core/size_key.ts";
import { levelSizes } from "../../../lib/bases/sd/cross_attention_layers.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";

const kinds = ["text", "ci", "ri"] as const;

/** Names of the masks of Eq. (1) by level, so that batches of all sizes have the same ones. */
export function levelMaskNames(config: UnetConfig): string[] {
  return config.block_out_channels.flatMap((_, level) =>
    kinds.map((kind) => levelName(kind, level))
  );
}

/** A batch of latents of `size` with its masks named by level instead of by size. */
export function namedByLevel<T>(
  batch: Values<T>,
  config: UnetConfig,
  size: Size,
): Values<T> {
  const names = new Map(pairs(config, size));
  return renamed(batch, names);
}

/** The inverse of {@linkcode namedByLevel}. */
export function namedBySize<T>(
  batch: Values<T>,
  config: UnetConfig,
  size: Size,
): Values<T> {
  const names = new Map(pairs(config, size).map(([a, b]) => [b, a] as const));
  return renamed(batch, names);
}

function renamed<T>(
  batch: Values<T>,
  names: ReadonlyMap<string, string>,
): Values<T> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [
      names.get(name) ?? name,
      value,
    ]),
  );
}

/** Names by size with those by level. */
function pairs(config: UnetConfig, size: Size): (readonly [string, string])[] {
  return levelSizes(config, size).flatMap((at, level) =>
    kinds.map((kind) =>
      [`${kind}_mask.${sizeKey(at)}`, levelName(kind, level)] as const
    )
  );
}

function levelName(kind: string, level: number): string {
  return `${kind}_mask.level_${level}`;
}
