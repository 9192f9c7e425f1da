/** Pictures to begin on and controls, as a scene's JSON has them. */

import * as v from "valibot";
import { completeControl, type ControlData } from "./control_data.ts";
import { completeInit, type InitData } from "./init_data.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import { completeStyle, type StyleData } from "./style_data.ts";

/** A box as fractions of the scene. */
export const fractionBox = v.strictObject({
  x0: v.number(),
  y0: v.number(),
  x1: v.number(),
  y1: v.number(),
});

/** A picture to begin on. */
export const initSchema = v.strictObject({
  image: v.pipe(v.string(), v.minLength(1, "must be a path or URL")),
  strength: v.optional(v.number()),
  seed: v.optional(v.number()),
  mask: v.optional(
    v.pipe(v.string(), v.minLength(1, "must be a path or URL")),
  ),
  boxes: v.optional(v.array(fractionBox)),
  freed: v.optional(v.array(fractionBox)),
  instances: v.optional(v.boolean()),
  feather: v.optional(v.number()),
  padding: v.optional(v.number()),
});

/** A control. */
export const controlSchema = v.strictObject({
  model: v.pipe(v.string(), v.minLength(1, "must be a path or hub id")),
  image: v.pipe(v.string(), v.minLength(1, "must be a path or URL")),
  scale: v.optional(v.number()),
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  instance: v.optional(v.number()),
  guess: v.optional(v.boolean()),
  edges: v.optional(
    v.picklist(["canny", "soft"], 'must be "canny" or "soft"'),
  ),
  masked: v.optional(v.boolean()),
});

/** A style. */
export const styleSchema = v.strictObject({
  caption: v.string(),
  image: v.optional(v.pipe(
    v.string(),
    v.minLength(1, "must be a path or URL"),
  )),
  seed: v.optional(v.number()),
});

/** The edits of a scene's JSON, with defaults filled in. */
export function completeEdits(
  { init, controls = [], style }: {
    init?: v.InferOutput<typeof initSchema>;
    controls?: readonly v.InferOutput<typeof controlSchema>[];
    style?: v.InferOutput<typeof styleSchema>;
  },
): {
  init?: InitData;
  controls?: readonly ControlData[];
  style?: StyleData;
} {
  return {
    ...(style && { style: completeStyle(withoutUndefined(style)) }),
    ...(init && { init: completeInit(withoutUndefined(init)) }),
    ...(controls.length > 0 && {
      controls: controls.map((one, i) =>
        completeControl(withoutUndefined(one), i)
      ),
    }),
  };
}

/** Keys under names that people try. */
export const initElsewhere = {
  picture: "image",
  photo: "image",
  denoising_strength: "strength",
  mask_image: "mask",
  mask_blur: "feather",
  blur: "feather",
  inpaint_full_res_padding: "padding",
  padding_mask_crop: "padding",
} as const;

/** Keys of a style under names that people try. */
export const styleElsewhere = {
  prompt: "caption",
  picture: "image",
  photo: "image",
  reference: "image",
} as const;

/** Keys of a control under names that people try. */
export const controlElsewhere = {
  picture: "image",
  hint: "image",
  control_image: "image",
  path: "model",
  weight: "scale",
  strength: "scale",
  controlnet_conditioning_scale: "scale",
  conditioning_scale: "scale",
  control_guidance_start: "start",
  control_guidance_end: "end",
  guidance_start: "start",
  guidance_end: "end",
  guess_mode: "guess",
  preprocessor: "edges",
  module: "edges",
} as const;
