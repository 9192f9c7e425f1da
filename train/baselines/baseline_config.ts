/** Fields that the configs of all rivals share; each stage's schema adds its own. */

import * as v from "valibot";
import { trainingFields } from "../loop/config.ts";
import { locrefSchema } from "../locref/locref_config.ts";

const { data, augment, recompute } = locrefSchema.entries;

/** A probability. */
export const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A number of things, at least one. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** A factor, at least 0. */
export const weight = v.pipe(v.number(), v.minValue(0));

/** Models of a run. */
export const modelFields = {
  /** Folder, file or hub id of the base, which stays as it is. */
  base: v.string(),
  /** Adapter to go on from; null to begin anew. */
  adapter: v.optional(v.nullable(v.string()), null),
} as const;

/** The image encoder, of adapters that read pictures. */
export const imageEncoderField = {
  /** Folder of the image encoder, or `org/repo/folder`. */
  imageEncoder: v.string(),
} as const;

/** Probabilities that the conditions of a sample are dropped. */
export function dropoutFields(defaults: {
  readonly conditions: number;
  readonly text: number;
  readonly both: number;
}) {
  return {
    /** The adapter's own: objects, pictures. */
    conditions: v.optional(fraction, defaults.conditions),
    /** The caption. */
    text: v.optional(fraction, defaults.text),
    both: v.optional(fraction, defaults.both),
  };
}

/** Fields beside `stage`, `model` and an adapter's own. */
export const baselineFields = {
  ...trainingFields,
  data,
  augment,
  recompute,
  /**
   * Weights of the squares inside and outside the boxes: the plain mean, as rivals were trained with.
   * Eq. (2) has 2.3 and 0.3.
   */
  loss: v.optional(
    v.strictObject({
      foreground: v.optional(weight, 1),
      background: v.optional(weight, 1),
    }),
    {},
  ),
} as const;

const shared = v.strictObject({
  ...baselineFields,
  model: v.looseObject({
    ...modelFields,
    imageEncoder: v.optional(v.nullable(v.string()), null),
  }),
  dropout: v.looseObject(
    dropoutFields({ conditions: 0, text: 0, both: 0 }),
  ),
});

/** As much of a rival's config as is read in one place for all of them. */
export type BaselineConfig = v.InferOutput<typeof shared>;
