import type { Size } from "../core/geometry.ts";

/**
 * Unit Gaussian noise from a seed: the same numbers on every machine and backend.
 *
 * Counter-based (each value is a hash of seed and index, by SplitMix-like mixing of 32-bit words),
 * turned into Gaussians by Box and Muller 1958.
 */
export function gaussianNoise(seed: number, length: number): Float32Array {
  const noise = new Float32Array(length);
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform(low, high, i)));
    const angle = 2 * Math.PI * uniform(low, high, i + 1);
    noise[i] = radius * Math.cos(angle);
    if (i + 1 < length) noise[i + 1] = radius * Math.sin(angle);
  }
  return noise;
}

/** A number in (0, 1) from a seed of two words and a counter. */
function uniform(low: number, high: number, counter: number): number {
  let h = mix(Math.imul(counter + 1, 0x9e3779b9) ^ low);
  h = mix(h ^ Math.imul(high + 0x7f4a7c15, 0x85ebca6b) ^ counter);
  return (h + 0.5) / 2 ** 32;
}

/** The finaliser of MurmurHash3. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** An instance whose box has noise of its own. */
export interface SeededRegion {
  readonly seed: number;
  /** Coverage of the instance at latent size, 0..1. */
  readonly coverage: Float32Array;
}

/**
 * Noise for latents of `channels` × `size`; cells that a seeded region covers by half or more take
 * their values from that region's seed, later regions over earlier ones.
 */
export function sceneNoise(
  seed: number,
  channels: number,
  size: Size,
  regions: readonly SeededRegion[] = [],
): Float32Array {
  const cells = size.height * size.width;
  const noise = gaussianNoise(seed, channels * cells);
  for (const region of regions) {
    const own = gaussianNoise(region.seed, channels * cells);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < cells; i++) {
        if (region.coverage[i]! >= 0.5) {
          noise[c * cells + i] = own[c * cells + i]!;
        }
      }
    }
  }
  return noise;
}
