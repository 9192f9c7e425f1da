/** Stage `migc`: MIGC's layers on a frozen base (Zhou et al. 2024). */

import * as v from "valibot";
import type { Stage } from "../../loop/stage.ts";
import {
  baselineFields,
  dropoutFields,
  modelFields,
} from "../baseline_config.ts";
import { openBaseline } from "../baseline_stage.ts";
import { migcTraining } from "./migc_training.ts";

const schema = v.strictObject({
  ...baselineFields,
  stage: v.literal("migc"),
  model: v.strictObject({
    ...modelFields,
    /** Whether it is MIGC++. */
    plus: v.optional(v.boolean(), false),
    /** Blocks in whose cross-attention it acts; null for the middle and the first that attends on the way up. */
    blocks: v.optional(v.nullable(v.array(v.string())), null),
  }),
  /** Samples that go through the model at a time: MIGC's layers take one scene. */
  microBatch: v.optional(v.literal(1), 1),
  dropout: v.optional(
    v.strictObject(dropoutFields({ conditions: 0, text: 0, both: 0 })),
    {},
  ),
});

/** A config of stage `migc`, complete. */
export type MigcConfig = v.InferOutput<typeof schema>;

/** Training of MIGC and MIGC++. */
export const stage: Stage<MigcConfig> = {
  schema,
  open: (config, context) =>
    openBaseline(
      { ...config, model: { ...config.model, imageEncoder: null } },
      context,
      {
        name: config.model.plus ? "migc_plus" : "migc",
        phrased: true,
        open: (models) =>
          migcTraining(models, {
            plus: config.model.plus,
            blocks: config.model.blocks,
            instances: config.data.maxInstances,
          }),
      },
    ),
};
