/** Settings that distilled models are made for, by short names. */

import { nearest } from "../../core/known_keys.ts";
import { quote } from "../../core/quote.ts";
import type { SamplerChoice } from "../../ddim/samplers.ts";
import {
  type FewStepModels,
  fewStepModels,
} from "../../weights/identify/few_steps.ts";
import type { PictureOptions } from "./picture_options.ts";

/** One recipe. */
export interface Recipe {
  readonly sampler: SamplerChoice;
  readonly steps: number;
  readonly guidance: number;
}

/** Kinds in the order of help and documentation. */
const order = ["turbo", "lightning", "lcm", "hyper", "tcd"];

/** Every recipe by its name, such as `lightning-4`. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  order.flatMap((kind) =>
    fewStepModels.filter((one) => one.kind === kind).flatMap(recipesOf)
  ),
);

function recipesOf(
  { kind, sampler, other, counts = [], guidance }: FewStepModels,
): [string, Recipe][] {
  const first = other?.count === undefined
    ? []
    : [{ sampler: other.sampler, steps: other.count }];
  return [...first, ...counts.map((steps) => ({ sampler, steps }))]
    .map((one) => [`${kind}-${one.steps}`, { ...one, guidance }]);
}

/** Names of all recipes. */
export const recipeNames: readonly string[] = [...recipes.keys()];

/**
 * The options of a run with those of its recipe filled in; what is given beside it goes before.
 *
 * @param readsGuidance Whether the model reads the guidance: a recipe's is for those that do not, so
 *   that the model's own holds. @default {false}
 * @throws {RangeError} if there is no such recipe.
 */
export function withRecipe(
  options: PictureOptions,
  readsGuidance = false,
): PictureOptions {
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
    guidance: guidance ?? (readsGuidance ? undefined : found.guidance),
  };
}
