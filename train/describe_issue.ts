import type * as v from "valibot";
import { nearest, suggestion } from "../lib/core/known_keys.ts";
import { quote, shorten } from "../lib/core/quote.ts";
import { meantBackend } from "../lib/ops/backends.ts";

/** Names that other trainers use, and where the setting is here. */
const elsewhere: Readonly<Record<string, string>> = {
  lr: "optimizer.learningRate",
  learning_rate: "optimizer.learningRate",
  adam_weight_decay: "optimizer.weightDecay",
  weight_decay: "optimizer.weightDecay",
  max_grad_norm: "optimizer.clip",
  lr_scheduler: "optimizer.schedule.kind",
  lr_warmup_steps: "optimizer.schedule.warmup",
  use_ema: "optimizer.ema",
  train_batch_size: "batch",
  per_device_train_batch_size: "batch",
  gradient_accumulation_steps: "microBatch",
  max_train_steps: "steps",
  num_train_epochs: "epochs",
  output_dir: "out",
  run_name: "name",
  checkpointing_steps: "checkpoint.every",
  checkpoints_total_limit: "checkpoint.keep",
  validation_steps: "sampleEvery",
  logging_steps: "logEvery",
  gradient_checkpointing: "recompute",
  pretrained_model_name_or_path: "model.base",
  image_encoder_path: "model.imageEncoder",
  resolution: "data.side",
  train_data_dir: "data.shards",
  device: "backend",
};

/** A schema as far as its keys can be found. */
interface Nested {
  readonly entries?: Readonly<Record<string, Nested>>;
  readonly wrapped?: Nested;
  readonly item?: Nested;
  readonly pipe?: readonly Nested[];
  readonly options?: readonly Nested[];
}

/**
 * One sentence about an error in a config: the field, its value and the allowed values. An unknown
 * field gets a suggestion.
 */
export function describeIssue(
  issue: v.BaseIssue<unknown>,
  schema: unknown,
): string {
  const path = (issue.path ?? []).map((item) => String(item.key));
  const field = path.join(".");
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `${shorten(field)} ${unknownKey(schema as Nested, path)}`;
  }
  if (issue.received === "undefined") return `${field} is missing`;
  const got = typeof issue.input === "string" && wantsNumber(issue)
    ? `the string ${quote(issue.input)}`
    : quote(issue.input);
  return `${field === "" ? "the config" : field} must be ${
    allowed(issue)
  }, got ${got}${choiceMeant(issue)}`;
}

/** The end of a sentence about a key that does not exist. */
function unknownKey(schema: Nested, path: readonly string[]): string {
  const key = path.at(-1)!;
  const all = pathsOf(schema);
  const named = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
  if (named !== undefined && all.includes(named)) {
    return `is called "${named}" here`;
  }
  const moved = all.filter((one) => one.endsWith(`.${key}`) || one === key);
  if (moved.length > 0) {
    return `is not known, there is ${
      moved.map((one) => `"${one}"`).join(" and ")
    }`;
  }
  const known = keysAt(schema, path.slice(0, -1));
  return `is not known${suggestion(key, known)}`;
}

/** Every key of a schema by its path. */
function pathsOf(schema: Nested, prefix = ""): string[] {
  const inner = schema.wrapped ?? schema.pipe?.[0];
  if (inner !== undefined) return pathsOf(inner, prefix);
  return Object.entries(schema.entries ?? {}).flatMap(([key, node]) => [
    `${prefix}${key}`,
    ...pathsOf(node, `${prefix}${key}.`),
  ]);
}

/** The one of several values that a text is spelt like, or that another program's name stands for. */
function choiceMeant({ type, input, expected, path }: v.BaseIssue<unknown>) {
  if (type !== "picklist" || typeof input !== "string") return "";
  const choices = [...(expected ?? "").matchAll(/"([^"]*)"/g)].map((one) =>
    one[1]!
  );
  const near = path?.at(-1)?.key === "backend"
    ? meantBackend(input, choices)
    : nearest(input, choices);
  return near === undefined ? "" : `, did you mean "${near}"?`;
}

function wantsNumber({ expected }: v.BaseIssue<unknown>): boolean {
  return /number/.test(expected ?? "");
}

/** Allowed values, as a phrase. */
function allowed(
  { type, expected, requirement }: v.BaseIssue<unknown>,
): string {
  switch (type) {
    case "min_value":
      return `at least ${requirement}`;
    case "max_value":
      return `at most ${requirement}`;
    case "gt_value":
      return `above ${requirement}`;
    case "lt_value":
      return `below ${requirement}`;
    case "multiple_of":
      return `a multiple of ${requirement}`;
    case "finite":
      return "a finite number";
    case "integer":
    case "safe_integer":
      return "a whole number";
    case "non_empty":
      return "something that is not empty";
    case "picklist":
      return `one of ${
        (expected ?? "").replace(/[()]/g, "").replaceAll(" |", ",")
      }`;
    case "boolean":
      return "true or false";
    case "object":
    case "strict_object":
      return "an object";
    case "array":
    case "tuple":
    case "strict_tuple":
      return "a list";
    default:
      return expected === null ? type : article(expected);
  }
}

function article(expected: string): string {
  return /^[a-z]+$/.test(expected) ? `a ${expected}` : expected;
}

/** The keys that exist at a place in a config. */
function keysAt(schema: Nested, path: readonly string[]): string[] {
  const inner = schema.wrapped ?? schema.pipe?.[0];
  if (inner !== undefined) return keysAt(inner, path);
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(schema.entries ?? {});
  const next = schema.entries?.[key] ?? schema.item;
  return next === undefined ? [] : keysAt(next, rest);
}
