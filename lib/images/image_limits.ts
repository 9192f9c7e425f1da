import type { Kind } from "../core/kinds.ts";
import { checkKeys } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";

/** How many pictures a scene may refer to, and how large; `Infinity` lifts a limit. */
export interface ImageLimits {
  /** Most bytes of one file. @default {64 MiB} */
  readonly bytes?: number;
  /** Longest side of one picture, in pixels. @default {16384} */
  readonly side?: number;
  /** Most pixels of one picture. @default {100 million} */
  readonly pixels?: number;
  /** Most bytes of all files of a scene together. @default {256 MiB} */
  readonly sceneBytes?: number;
  /** Most pixels of all pictures of a scene together. @default {400 million} */
  readonly scenePixels?: number;
  /** Most instances of a scene. @default {256} */
  readonly instances?: number;
}

const defaults: Required<ImageLimits> = {
  bytes: 64 * 2 ** 20,
  side: 16384,
  pixels: 100e6,
  sceneBytes: 256 * 2 ** 20,
  scenePixels: 400e6,
  instances: 256,
};

/**
 * Limits with their defaults filled in.
 *
 * @throws {TypeError | RangeError} if a limit is not known or is not a number above 0.
 */
export function completeLimits(limits?: ImageLimits): Required<ImageLimits> {
  checkKeys(limits, { of: "limits", known: Object.keys(defaults) });
  const complete = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof ImageLimits)[]) {
    const value: unknown = limits?.[name];
    if (value === undefined) continue;
    if (typeof value !== "number") {
      throw new TypeError(
        `Option limits.${name} must be a number, got ${quote(value)}`,
      );
    }
    if (!(value > 0)) {
      throw new RangeError(
        `Option limits.${name} must be a number above 0, got ${value}`,
      );
    }
    complete[name] = value;
  }
  return complete;
}

/** The option `limits`, for {@linkcode checkOptions}. */
export const limitsKind: Kind = {
  must: "an object of limits, such as { bytes: 1e6 }",
  is: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Promise),
  inside: (value: ImageLimits) => {
    completeLimits(value);
  },
};

/** A number of bytes as messages say it. */
export function byteCount(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} bytes`;
  const unit = bytes < 2 ** 20 ? "KiB" : bytes < 2 ** 30 ? "MiB" : "GiB";
  const value = bytes / { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[unit];
  return `${Math.round(value * 10) / 10} ${unit}`;
}

/** A number of pixels as messages say it. */
export function pixelCount(pixels: number): string {
  return pixels < 1e6
    ? `${Math.round(pixels)}`
    : `${Math.round(pixels / 1e5) / 10} million`;
}
