import * as v from "valibot";
import { trainingFields } from "../loop/config.ts";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const weight = v.pipe(v.number(), v.minValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** A config of stage `locref`: the adapter on a frozen base. */
export const locrefSchema = v.strictObject({
  ...trainingFields,
  stage: v.literal("locref"),
  model: v.strictObject({
    /** Folder or hub id of the Stable Diffusion model. */
    base: v.string(),
    /** Folder of the image encoder, or `org/repo/folder`. */
    imageEncoder: v.string(),
    /** Adapter to go on from; null to begin anew. */
    adapter: v.optional(v.nullable(v.string()), null),
  }),
  appearanceNet: v.optional(
    v.strictObject({
      /** Which features of the image encoder come in. */
      input: v.optional(v.picklist(["pooled", "patch"]), "pooled"),
      /** Tokens a picture becomes, where `pooled` comes in. */
      tokens: v.optional(count, 16),
      /** Width between its two layers; null for that of the encoder. */
      hiddenWidth: v.optional(v.nullable(count), null),
    }),
    {},
  ),
  data: v.strictObject({
    /** Folder of WebDataset shards. */
    shards: v.string(),
    /** Which of them: what their names begin with; null for all. */
    split: v.optional(v.nullable(v.string()), "train"),
    /** Side of the training pictures, in pixels. */
    side: v.optional(count, 512),
    /** Most instances of a scene that are used. */
    maxInstances: v.optional(count, 8),
    /** Folder for the outputs of frozen encoders; null computes them every time. */
    cache: v.optional(v.nullable(v.string()), null),
  }),
  /** Weights of Eq. (2). */
  loss: v.optional(
    v.strictObject({
      foreground: v.optional(weight, 2.3),
      background: v.optional(weight, 0.3),
    }),
    {},
  ),
  augment: v.optional(
    v.strictObject({
      /** Probability of a flip. */
      flip: v.optional(fraction, 0.5),
      /** Largest angle, in degrees. */
      rotation: v.optional(
        v.pipe(v.number(), v.minValue(0), v.maxValue(45)),
        10,
      ),
      /** Different views of a picture, which take turns by epoch, so that the cache can keep them; null for a new one every time. */
      views: v.optional(v.nullable(count), 8),
      /** Least part of a box that a view must leave for the instance to be kept. */
      keep: v.optional(fraction, 0.3),
    }),
    {},
  ),
  /** Probabilities that the conditions of a sample are dropped. */
  dropout: v.optional(
    v.strictObject({
      image: v.optional(fraction, 0.05),
      text: v.optional(fraction, 0.05),
      both: v.optional(fraction, 0.05),
    }),
    {},
  ),
  /** Whether blocks of the UNet forget and recompute: slower by a third, in far less memory. */
  recompute: v.optional(v.boolean(), true),
});

/** A config of stage `locref`, complete. */
export type LocrefConfig = v.InferOutput<typeof locrefSchema>;
