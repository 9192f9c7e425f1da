/** Scenes as people and programs write them in JSON. */

import * as v from "valibot";
import { LocRefError } from "../error.ts";
import { type Box, box, resolveBox } from "./box.ts";
import { instanceName } from "../pipeline/instance_name.ts";
import { completeInstance } from "./instance.ts";
import type { SceneData } from "./types.ts";

const numbers = v.tuple(
  [v.number(), v.number(), v.number(), v.number()],
  "must hold four numbers",
);
const fractionBox = v.strictObject({
  x0: v.number(),
  y0: v.number(),
  x1: v.number(),
  y1: v.number(),
});
const boxForms = {
  xyxy: v.strictObject({ xyxy: numbers }),
  xywh: v.strictObject({ xywh: numbers }),
  centre: v.strictObject({ centre: numbers }),
  fraction: v.strictObject({ fraction: numbers }),
  percent: v.strictObject({ percent: numbers }),
};
const boxSchema = v.union(
  [fractionBox, ...Object.values(boxForms)],
  'must be {"x0", "y0", "x1", "y1"} as fractions, or one of {"xyxy"}, {"xywh"}, {"centre"}, {"fraction"} and {"percent"} with four numbers',
);

const instanceSchema = v.strictObject({
  reference: v.string(),
  box: boxSchema,
  caption: v.optional(v.string()),
  scale: v.optional(v.number()),
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  negative: v.optional(v.string()),
  seed: v.optional(v.number()),
  z: v.optional(v.number()),
  region: v.optional(v.string()),
  cutout: v.optional(v.string()),
});

const sceneSchema = v.pipe(
  v.custom<object>((value) => !Array.isArray(value), "must be an object"),
  v.strictObject({
    version: v.optional(v.literal(1, "must be 1"), 1),
    size: v.optional(v.strictObject({ width: v.number(), height: v.number() })),
    caption: v.optional(v.string(), ""),
    negative: v.optional(v.string(), ""),
    overlap: v.optional(
      v.picklist(
        ["average", "sum", "top"],
        'must be "average", "sum" or "top"',
      ),
    ),
    instances: v.optional(v.array(instanceSchema), []),
  }),
);

/**
 * The data of a scene, from JSON that a program or a person wrote; what is left out gets its
 * default.
 *
 * @throws {LocRefError} `scene-invalid`, naming the key or the instance.
 */
export function parseScene(json: unknown): SceneData {
  const result = v.safeParse(sceneSchema, json);
  if (!result.success) {
    throw new LocRefError("scene-invalid", describeIssue(result.issues[0]));
  }
  const { version, size, caption, negative, overlap, instances } =
    result.output;
  checkSize(size);
  return {
    version,
    ...(size && { size }),
    caption,
    negative,
    ...(overlap && { overlap }),
    instances: instances.map((instance, index) => {
      const name = instanceName(instance, index);
      const resolved = resolveBox(toBox(instance.box), size, name);
      return completeInstance({ ...instance, box: resolved }, index);
    }),
  };
}

/**
 * Checks a scene's own size.
 *
 * @throws {LocRefError} `scene-invalid` unless both are whole numbers from 1 to 16384.
 */
export function checkSize(
  size: { readonly width: number; readonly height: number } | undefined,
): void {
  for (const [side, value] of Object.entries(size ?? {})) {
    if (Number.isInteger(value) && value >= 1 && value <= 16384) continue;
    throw new LocRefError(
      "scene-invalid",
      `Scene: ${side} must be a whole number from 1 to 16384, got ${value}`,
    );
  }
}

function toBox(given: v.InferOutput<typeof boxSchema>): Box {
  if ("x0" in given) {
    return box.fraction(given.x0, given.y0, given.x1, given.y1);
  }
  if ("xyxy" in given) return box.xyxy(...given.xyxy);
  if ("xywh" in given) return box.xywh(...given.xywh);
  if ("centre" in given) return box.centre(...given.centre);
  if ("fraction" in given) return box.fraction(...given.fraction);
  return box.percent(...given.percent);
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const last = path.at(-1);
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `Scene: unknown key "${last}" in ${place(path.slice(0, -1))}`;
  }
  if (issue.received === "undefined" && path.length > 0) {
    return `Scene: ${place(path.slice(0, -1))} lacks "${last}"`;
  }
  const what = issue.message.startsWith("must")
    ? issue.message
    : `must be ${expected(issue.expected)}`;
  return `Scene: ${place(path)} ${what}, got ${shown(issue.input)}`;
}

function place(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the scene";
  return path.map((key, i) =>
    typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`
  ).join("");
}

function expected(type: string | null): string {
  switch (type) {
    case "Object":
      return "an object";
    case "Array":
      return "a list";
    case null:
      return "something else";
    default:
      return `a ${type}`;
  }
}

function shown(value: unknown): string {
  const text = typeof value === "number"
    ? String(value)
    : JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
