/** Stage `gligen`: GLIGEN's grounding on a frozen base (Li et al. 2023). */

import * as v from "valibot";
import type { Stage } from "../../loop/stage.ts";
import {
  baselineFields,
  dropoutFields,
  fraction,
  modelFields,
} from "../baseline_config.ts";
import { openBaseline } from "../baseline_stage.ts";
import { gligenTraining } from "./gligen_training.ts";

const schema = v.strictObject({
  ...baselineFields,
  stage: v.literal("gligen"),
  model: v.strictObject({
    ...modelFields,
    /** Folder of the image encoder; null for objects of phrases alone. */
    imageEncoder: v.optional(v.nullable(v.string()), null),
  }),
  dropout: v.optional(
    v.strictObject({
      ...dropoutFields({ conditions: 0.1, text: 0.5, both: 0 }),
      /** Whether an object goes without its phrase or its picture, where it has both. */
      feature: v.optional(fraction, 0.5),
    }),
    {},
  ),
});

/** A config of stage `gligen`, complete. */
export type GligenConfig = v.InferOutput<typeof schema>;

/** Training of GLIGEN. */
export const stage: Stage<GligenConfig> = {
  schema,
  open: (config, context) =>
    openBaseline(config, context, {
      name: "gligen",
      phrased: true,
      open: (models) =>
        gligenTraining(models, {
          pictures: config.model.imageEncoder !== null,
          featureDropout: config.dropout.feature,
        }),
    }),
};
