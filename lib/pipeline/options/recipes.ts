/** Settings that distilled models are made for, by short names. */

import { nearest } from "../../core/known_keys.ts";
import { quote } from "../../core/quote.ts";
import type { SamplerChoice } from "../../ddim/samplers.ts";
import type { PictureOptions } from "./picture_options.ts";

/** One recipe. */
export interface Recipe {
  readonly sampler: SamplerChoice;
  readonly steps: number;
  readonly guidance: number;
}

const eulerTrailing = { name: "euler", spacing: "trailing" } as const;
const ancestralTrailing = { name: "euler-a", spacing: "trailing" } as const;
const ddimTrailing = { name: "ddim", spacing: "trailing" } as const;
const tcd = { name: "tcd", eta: 0.3 } as const;

/** Sampler and guidance of each kind, and the numbers of steps that its models are made for. */
const kinds: readonly (
  readonly [string, SamplerChoice, number, readonly number[]]
)[] = [
  ["turbo", ancestralTrailing, 0, [1, 2, 4]],
  ["lightning", eulerTrailing, 0, [2, 4, 8]],
  ["lcm", "lcm", 1, [4, 8]],
  ["hyper", "tcd", 0, [1]],
  ["hyper", ddimTrailing, 0, [2, 4, 8]],
  ["tcd", tcd, 0, [4, 8]],
];

/** Every recipe by its name, such as `lightning-4`. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  kinds.flatMap(([kind, sampler, guidance, counts]) =>
    counts.map((steps) =>
      [`${kind}-${steps}`, { sampler, steps, guidance }] as const
    )
  ),
);

/** Names of all recipes. */
export const recipeNames: readonly string[] = [...recipes.keys()];

/**
 * The options of a run with those of its recipe filled in; what is given beside it goes before.
 *
 * @throws {RangeError} if there is no such recipe.
 */
export function withRecipe(options: PictureOptions): PictureOptions {
  const { recipe } = options;
  if (recipe === undefined) return options;
  const found = recipes.get(recipe);
  if (found === undefined) {
    const near = nearest(recipe, [...recipeNames]);
    throw new RangeError(
      `Recipe ${quote(recipe)} is not known: it must be one of ${
        recipeNames.join(", ")
      }${near === undefined ? "" : ` (did you mean "${near}"?)`}`,
    );
  }
  const { sampler, steps, guidance } = options;
  return {
    ...options,
    sampler: sampler ?? found.sampler,
    steps: steps ?? found.steps,
    guidance: guidance ?? found.guidance,
  };
}
