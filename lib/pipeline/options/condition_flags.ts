/** The command line's form of options that only some models read. */

import { withoutUndefined } from "../../core/without_undefined.ts";
import {
  choice,
  number,
  option,
  size,
  text,
  toggle,
  type Values,
  whole,
} from "../../core/command/option.ts";
import { weightings } from "../../scene_data/weightings.ts";
import type { ConditionOptions } from "./condition_options.ts";

const picture = { otherwise: "that of the picture" };

/** Options of second texts, layers left out, and sizes. */
export const conditionFlags = {
  captionTwo: text("TEXT", "caption for SDXL's second text encoder", {
    otherwise: "the scene's",
  }),
  negativeTwo: text("TEXT", "negative caption for SDXL's second text encoder", {
    otherwise: "the scene's",
  }),
  emptyNegative: choice(
    ["zeros", "text"] as const,
    "whether an empty negative caption counts as zeros or as a text",
    { value: "HOW", otherwise: "the model's own" },
  ),
  clipSkip: whole(
    "layers of the text encoders to leave out, 1 where A1111 and ComfyUI say 2",
    {
      ...{ min: 0, max: 100, otherwise: "0" },
    },
  ),
  captionWeights: choice(
    weightings,
    "read weights in captions, as (word:1.3), by this program's arithmetic",
    { value: "HOW", otherwise: "brackets are text" },
  ),
  longCaptions: toggle("read captions of more than 75 tokens in rows"),
  guidanceRescale: number("how far guidance is kept from raising contrast", {
    ...{ min: 0, max: 1, otherwise: "0" },
  }),
  originalSize: size("original size that SDXL is to go by", picture),
  crop: option(
    { must: "LEFT,TOP in pixels", parse: parseCorner },
    "corner of the crop that SDXL is to go by",
    { value: "LEFT,TOP", otherwise: "0,0" },
  ),
  targetSize: size("target size that SDXL is to go by", picture),
};

function parseCorner(given: string): { left: number; top: number } | undefined {
  const match = /^(\d{1,5}),(\d{1,5})$/.exec(given);
  return match ? { left: Number(match[1]), top: Number(match[2]) } : undefined;
}

/** The options of a picture that were given on the command line. */
export function conditionsOfFlags(
  values: Values<typeof conditionFlags>,
): ConditionOptions {
  const { captionTwo, negativeTwo, emptyNegative, clipSkip } = values;
  const { captionWeights, longCaptions } = values;
  const { guidanceRescale, originalSize, crop, targetSize } = values;
  const sizes = withoutUndefined({
    original: originalSize,
    crop,
    target: targetSize,
  });
  return withoutUndefined({
    ...{ captionTwo, negativeTwo, emptyNegative, clipSkip, guidanceRescale },
    captionWeights,
    longCaptions: longCaptions || undefined,
    sizes: Object.keys(sizes).length > 0 ? sizes : undefined,
  });
}
