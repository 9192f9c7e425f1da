/** Settings that every stage of training shares, as they stand in a config file. */

import * as v from "valibot";
import { LocRefError } from "../../lib/core/error.ts";
import { describeIssue } from "../describe_issue.ts";
import type { ConfigSchema } from "./config_schema.ts";
import { trainingBackends, type TrainingConfig } from "./training_config.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
/** At 1 a moment would stay at 0, by which the step is divided. */
const decay = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/** Learning-rate schedule in a config. */
const schedule = v.strictObject({
  /** Shape after the warm-up. */
  kind: v.optional(v.picklist(["constant", "cosine"]), "constant"),
  /** Steps over which the rate rises. */
  warmup: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** Final value of a cosine, as a fraction of the full rate. */
  floor: v.optional(fraction, 0),
});

/** AdamW and all around it in a config. */
const optimizer = v.strictObject({
  learningRate: v.optional(positive, 1e-4),
  betas: v.optional(v.strictTuple([decay, decay]), [0.9, 0.999]),
  epsilon: v.optional(positive, 1e-8),
  weightDecay: v.optional(
    v.pipe(v.number(), v.finite(), v.minValue(0)),
    0.01,
  ),
  schedule: v.optional(schedule, {}),
  /** Largest norm of the gradients; null for none. */
  clip: v.optional(v.nullable(positive), null),
  /** Decay of the moving average; null for none. */
  ema: v.optional(v.nullable(fraction), null),
});

/** Fields of a config that every stage has; a stage's schema adds its own. */
export const trainingFields = {
  /** Name of the run, for messages. */
  name: v.pipe(v.string(), v.nonEmpty()),
  /** Folder for log, checkpoints and results. */
  out: v.pipe(v.string(), v.nonEmpty()),
  /** Folder of a run that this one begins where it ended, moments of AdamW and all. */
  follows: v.optional(v.pipe(v.string(), v.nonEmpty())),
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  backend: v.optional(v.picklist(["auto", ...trainingBackends]), "auto"),
  /** Steps in all; or `epochs`. */
  steps: v.optional(v.nullable(count), null),
  /** How often all data are seen; or `steps`. */
  epochs: v.optional(v.nullable(positive), null),
  /** Samples in one optimizer step, on all ranks together. */
  batch: count,
  /** Samples that go through the model at a time; null for the whole batch. */
  microBatch: v.optional(v.nullable(count), null),
  /** Threads that make batches while the loop computes; 0 makes them between its steps. */
  loaders: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)),
    0,
  ),
  optimizer: v.optional(optimizer, {}),
  checkpoint: v.optional(
    v.strictObject({
      /** Steps between two. */
      every: v.optional(count, 500),
      /** How many are kept. */
      keep: v.optional(count, 2),
    }),
    {},
  ),
  /** Steps between two lines of the log. */
  logEvery: v.optional(count, 1),
  /** Steps between two sample sheets; null for none. */
  sampleEvery: v.optional(v.nullable(count), null),
} as const;

/**
 * Checks a config against a stage's schema and fills in its defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming the field, what it holds and what it may hold.
 */
export function parseConfig<C extends TrainingConfig>(
  given: ConfigSchema<C>,
  value: unknown,
  file: string,
): C {
  const schema = given as v.GenericSchema<unknown, C>;
  const result = v.safeParse(schema, value);
  if (!result.success) {
    const reasons = result.issues.map((issue) => describeIssue(issue, schema));
    const shown = reasons.slice(0, 5).join("; ");
    const more = reasons.length > 5 ? `; and ${reasons.length - 5} more` : "";
    throw new LocRefError("config-invalid", `${file}: ${shown}${more}`);
  }
  const config = result.output;
  if ((config.steps === null) === (config.epochs === null)) {
    throw new LocRefError(
      "config-invalid",
      `${file}: exactly one of steps and epochs must be given`,
    );
  }
  return config;
}

/** Steps of a run on `length` samples. */
export function stepsOf(config: TrainingConfig, length: number): number {
  if (config.steps !== null) return config.steps;
  if (length === Infinity) {
    throw new LocRefError(
      "config-invalid",
      "Data made on the fly have no epochs: give steps",
    );
  }
  return Math.max(1, Math.floor(config.epochs! * length / config.batch));
}
