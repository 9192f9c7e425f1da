/** Options of a picture that only some models read: second texts, layers left out, sizes. */

import type { BaseInputs } from "../../bases/base.ts";
import type { SizeConditions } from "../../bases/size_conditions.ts";
import { type Fields, nested } from "../../core/check_options.ts";
import {
  anyText,
  flag,
  type Kind,
  number,
  oneOf,
  whole,
} from "../../core/kinds.ts";
import { type Weighting, weightings } from "../../scene_data/weightings.ts";
import { quote } from "../../core/quote.ts";
import { size } from "./size_kind.ts";

/** Settings of what the model reads beside the scene's captions. */
export interface ConditionOptions {
  /** Caption for the second text encoder of Stable Diffusion XL. @default {the scene's caption} */
  captionTwo?: string;
  /** Negative caption for the second text encoder. @default {the scene's negative caption} */
  negativeTwo?: string;
  /**
   * An empty negative caption counts as zeros, as Stable Diffusion XL was trained, or is encoded as a
   * text, as other programs do.
   *
   * @default {"zeros" where the model's files say so, else "text"}
   */
  emptyNegative?: "zeros" | "text";
  /**
   * How many of the text encoders' last layers are left out for the caption, beside those that the model
   * leaves out itself. 1 is diffusers' `clip_skip: 1`, and "clip skip 2" of programs that count from 1.
   *
   * @default {0}
   */
  clipSkip?: number;
  /**
   * Reads weights in captions, as `(word:1.3)`, `(word)` and `[word]`: by the arithmetic of A1111, or
   * by that of ComfyUI.
   *
   * @default {brackets are text}
   */
  captionWeights?: Weighting;
  /**
   * Reads captions of more than 75 tokens in rows of 75, up to eight; `BREAK` begins a row in a caption
   * with weights.
   *
   * @default {false, which cuts them}
   */
  longCaptions?: boolean;
  /** Sizes that Stable Diffusion XL is to go by, in pixels. @default {those of the picture} */
  sizes?: SizeConditions;
  /**
   * How far guidance is kept from raising the contrast, 0..1 (Lin et al. 2023, 3.4); models of v with
   * zero terminal signal want 0.7.
   *
   * @default {0}
   */
  guidanceRescale?: number;
}

const corner: Kind = nested<{ left: number; top: number }>({
  must: "{ left, top } in pixels",
  needed: ["left", "top"],
  fields: { left: whole({ max: 65536 }), top: whole({ max: 65536 }) },
});

const ofScene = { original: size, crop: corner, target: size };

const negativeSizes: Kind = nested<NonNullable<SizeConditions["negative"]>>({
  must: "an object of original, crop and target",
  fields: ofScene,
});

const sizes: Kind = nested<SizeConditions>({
  must: "an object of sizes, such as { original: { width, height } }",
  fields: { ...ofScene, negative: negativeSizes },
});

/** The kinds of these options. */
export const conditionFields: Fields<ConditionOptions> = {
  captionTwo: anyText,
  negativeTwo: anyText,
  emptyNegative: oneOf(["zeros", "text"]),
  clipSkip: whole({ max: 100 }),
  captionWeights: oneOf(weightings),
  longCaptions: flag,
  sizes,
  guidanceRescale: number({ min: 0, max: 1 }),
};

/**
 * Refuses options that a model does not read.
 *
 * @param reads Inputs of its base.
 * @throws {TypeError} naming option and model.
 * @throws {RangeError} if more layers are to be left out than there are.
 */
export function checkConditions(
  options: ConditionOptions,
  { name, reads = {} }: { name: string; reads?: BaseInputs },
): void {
  const { captionTwo, negativeTwo, emptyNegative, sizes, clipSkip = 0 } =
    options;
  const needs: readonly [string, unknown, boolean | undefined, string][] = [
    ["captionTwo", captionTwo, reads.secondText, "has one text encoder"],
    ["negativeTwo", negativeTwo, reads.secondText, "has one text encoder"],
    ["sizes", sizes, reads.sizes, "reads no sizes"],
    [
      "emptyNegative",
      emptyNegative === "zeros" ? emptyNegative : undefined,
      reads.zeroNegative,
      "was not trained with zeros as a text",
    ],
  ];
  for (const [option, value, fits, why] of needs) {
    if (value === undefined || fits) continue;
    throw new TypeError(
      `Option ${option} is ${quote(value)}, but model ${quote(name)} ${why}`,
    );
  }
  const most = reads.clipSkip ?? 0;
  if (clipSkip <= most) return;
  throw new RangeError(
    `Option clipSkip is ${clipSkip}: it must be a whole number from 0 to ${most}, the layers that model ${
      quote(name)
    } can do without`,
  );
}
