import type { PictureOptions } from "./options/picture_options.ts";

/** Options of a run whose seed is a number, or the model's default. */
export type Seeded<O extends PictureOptions = PictureOptions> =
  & Omit<O, "seed">
  & { seed?: number };

/**
 * The options with a number in the place of the seed `"random"`: 32 bits from the system, so that it
 * is short enough to type.
 */
export function drawSeed<O extends PictureOptions>(options: O): Seeded<O> {
  const { seed, ...rest } = options;
  if (seed === undefined) return rest;
  return { ...rest, seed: seed === "random" ? randomSeed() : seed };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
