/** Stage `ip-adapter`: an IP-Adapter with masks on a frozen base (Ye et al. 2023). */

import * as v from "valibot";
import type { Stage } from "../../loop/stage.ts";
import {
  baselineFields,
  count,
  dropoutFields,
  imageEncoderField,
  modelFields,
  weight,
} from "../baseline_config.ts";
import { openBaseline } from "../baseline_stage.ts";
import { ipTraining } from "./ip_training.ts";

const schema = v.strictObject({
  ...baselineFields,
  stage: v.literal("ip-adapter"),
  model: v.strictObject({ ...modelFields, ...imageEncoderField }),
  /** Tokens that a picture becomes. */
  tokens: v.optional(count, 4),
  /** Strengths, which the file keeps: of the composite image, and of each instance's own picture. */
  strength: v.optional(
    v.strictObject({
      composite: v.optional(weight, 0),
      references: v.optional(weight, 1),
    }),
    {},
  ),
  dropout: v.optional(
    v.strictObject(
      dropoutFields({ conditions: 0.05, text: 0.05, both: 0.05 }),
    ),
    {},
  ),
});

/** A config of stage `ip-adapter`, complete. */
export type IpConfig = v.InferOutput<typeof schema>;

/** Training of an IP-Adapter of the base form. */
export const stage: Stage<IpConfig> = {
  schema,
  open: (config, context) =>
    openBaseline(config, context, {
      name: "ip_adapter",
      open: (models) =>
        ipTraining(models, {
          tokens: config.tokens,
          lambdaCi: config.strength.composite,
          lambdaRi: config.strength.references,
          instances: config.data.maxInstances,
        }),
    }),
};
