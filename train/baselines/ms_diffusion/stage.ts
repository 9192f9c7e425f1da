/** Stage `ms-diffusion`: MS-Diffusion's grounding resampler and attention on a frozen base (Wang et al. 2025). */

import * as v from "valibot";
import type { Stage } from "../../loop/stage.ts";
import {
  baselineFields,
  count,
  dropoutFields,
  fraction,
  imageEncoderField,
  modelFields,
  weight,
} from "../baseline_config.ts";
import { openBaseline } from "../baseline_stage.ts";
import { msTraining } from "./ms_training.ts";

const schema = v.strictObject({
  ...baselineFields,
  stage: v.literal("ms-diffusion"),
  model: v.strictObject({ ...modelFields, ...imageEncoderField }),
  resampler: v.optional(
    v.strictObject({
      /** Tokens that a picture becomes. */
      tokens: v.optional(count, 16),
      /** Layers. */
      depth: v.optional(count, 4),
      /** Width inside. */
      width: v.optional(count, 1280),
      /** Heads of 64 values each. */
      heads: v.optional(count, 20),
    }),
    {},
  ),
  /** Tokens that stand for "no picture". */
  dummies: v.optional(count, 4),
  /** Whether they are attended to where no box lies, as the paper says and the published code does not. */
  attendDummies: v.optional(v.boolean(), false),
  /** Strength of the pictures. */
  scale: v.optional(weight, 1),
  dropout: v.optional(
    v.strictObject({
      ...dropoutFields({ conditions: 0.05, text: 0.05, both: 0.05 }),
      /** Whether an instance goes without its phrase. */
      phrase: v.optional(fraction, 0.1),
    }),
    {},
  ),
});

/** A config of stage `ms-diffusion`, complete. */
export type MsConfig = v.InferOutput<typeof schema>;

/** Training of an adapter like MS-Diffusion's. */
export const stage: Stage<MsConfig> = {
  schema,
  open: (config, context) =>
    openBaseline(config, context, {
      name: "ms_diffusion",
      phrased: true,
      open: (models) =>
        msTraining(models, {
          ...config,
          instances: config.data.maxInstances,
          phraseDropout: config.dropout.phrase,
        }),
    }),
};
