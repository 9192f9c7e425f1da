/** Scenes as people and programs write them in JSON. */

import * as v from "valibot";
import { mustBe } from "../core/check_options.ts";
import { belongs, whole } from "../core/kinds.ts";
import { isPlain, suggestion, translated } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { type Box, box, resolveBox } from "./box.ts";
import { fits } from "../images/resize.ts";
import { instanceName } from "./instance_name.ts";
import { elsewhere } from "./check_instance_options.ts";
import {
  completeEdits,
  controlElsewhere,
  controlSchema,
  initElsewhere,
  initSchema,
  styleElsewhere,
  styleSchema,
} from "./edit_schema.ts";
import { completeInstance } from "./instance.ts";
import { combinations } from "./several_pictures.ts";
import type { SceneData } from "./scene_data.ts";

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
  reference: v.union(
    [v.string(), v.array(v.string())],
    "must be a path or URL, or a list of such",
  ),
  others: v.optional(v.array(v.string())),
  combine: v.optional(v.picklist(
    combinations,
    'must be "concat", "average" or "sum"',
  )),
  box: boxSchema,
  caption: v.optional(v.string()),
  lora: v.optional(v.union(
    [
      v.string(),
      v.strictObject({
        path: v.string(),
        scale: v.optional(v.number()),
        textScale: v.optional(v.number()),
      }),
    ],
    'must be a path, or {"path", "scale", "textScale"}',
  )),
  scale: v.optional(v.number()),
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  negativeCaption: v.optional(v.string()),
  negative: v.optional(v.string()),
  seed: v.optional(v.number()),
  z: v.optional(v.number()),
  region: v.optional(v.string()),
  cutout: v.optional(v.string()),
  fit: v.optional(v.picklist(
    fits,
    'must be "stretch", "contain" or "cover"',
  )),
});

const sceneSchema = v.pipe(
  v.custom<object>(isPlain, "must be an object"),
  v.strictObject({
    version: v.optional(v.literal(1, "must be 1"), 1),
    size: v.optional(v.pipe(
      v.custom<object>(isPlain, "must be { width, height } in pixels"),
      v.strictObject({ width: v.number(), height: v.number() }),
    )),
    caption: v.optional(v.string(), ""),
    negative: v.optional(v.string(), ""),
    overlap: v.optional(
      v.picklist(
        ["average", "sum", "top"],
        'must be "average", "sum" or "top"',
      ),
    ),
    init: v.optional(initSchema),
    controls: v.optional(v.array(controlSchema)),
    style: v.optional(styleSchema),
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
    // an unknown key explains a missing one
    const issue = result.issues.find(isUnknownKey) ?? result.issues[0];
    throw new LocRefError("scene-invalid", describeIssue(issue));
  }
  const { version, size, caption, negative, overlap, instances, ...edits } =
    result.output;
  checkSize(size);
  return {
    version,
    ...(size && { size }),
    caption,
    negative,
    ...(overlap && { overlap }),
    ...completeEdits(edits),
    instances: instances.map((given, index) => {
      const instance = { ...given, ...picturesIn(given, index) };
      const name = instanceName(instance, index);
      const resolved = resolveBox(toBox(instance.box), size, name);
      return completeInstance({ ...instance, box: resolved }, index);
    }),
  };
}

/** The pictures of an instance, which stand in one list or in two keys. */
function picturesIn(
  { reference, others }: v.InferOutput<typeof instanceSchema>,
  index: number,
): { reference: string; others?: readonly string[] } {
  if (typeof reference === "string") {
    return { reference, ...(others && { others }) };
  }
  const [first, ...more] = reference;
  const here = `Scene: instances[${index}]`;
  if (first === undefined) {
    throw new LocRefError(
      "scene-invalid",
      `${here}.reference must hold a path or URL, got an empty list`,
    );
  }
  if (others !== undefined) {
    throw new LocRefError(
      "scene-invalid",
      `${here} has a list as its reference and others beside it: put all pictures into one`,
    );
  }
  return { reference: first, others: more };
}

const length = whole({ min: 1, max: 16384 });

/**
 * Checks a scene's own size.
 *
 * @throws {LocRefError} `scene-invalid` unless both are whole numbers from 1 to 16384.
 */
export function checkSize(
  size: { readonly width: number; readonly height: number } | undefined,
): void {
  for (const [side, value] of Object.entries(size ?? {})) {
    if (belongs(value, length)) continue;
    throw new LocRefError(
      "scene-invalid",
      `Scene: ${side} ${mustBe(value, length)}${
        typeof value === "number"
          ? ""
          : ": the size is two numbers, scene(width, height)"
      }`,
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

function isUnknownKey({ type, expected }: v.BaseIssue<unknown>): boolean {
  return type === "strict_object" && expected === "never";
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const last = path.at(-1);
  if (isUnknownKey(issue)) {
    return unknownKey(String(last), path.slice(0, -1));
  }
  if (issue.received === "undefined" && path.length > 0) {
    return `Scene: ${place(path.slice(0, -1))} lacks "${last}"`;
  }
  const what = issue.message.startsWith("must")
    ? issue.message
    : `must be ${expected(issue.expected)}`;
  return `Scene: ${place(path)} ${what}, got ${
    typeof issue.input === "string" && issue.expected === "number"
      ? "the string "
      : ""
  }${quote(issue.input)}`;
}

/** Keys of a scene under names that people try. */
const sceneElsewhere = {
  prompt: "caption",
  text: "caption",
  negative_prompt: "negative",
  negative_caption: "negative",
  width: "size",
  height: "size",
  objects: "instances",
  image: "init",
  init_image: "init",
  controlnets: "controls",
  control: "controls",
  references: "instances",
} as const;

/** Keys of an instance under names that people try. */
const instanceElsewhere = {
  ...elsewhere,
  bbox: "box",
  bounding_box: "box",
  image: "reference",
  picture: "reference",
  path: "reference",
  references: "reference",
  images: "reference",
  pictures: "reference",
} as const;

function unknownKey(key: string, path: readonly (string | number)[]): string {
  const names = path.length === 0
    ? sceneElsewhere
    : path[0] === "init"
    ? initElsewhere
    : path[0] === "style"
    ? styleElsewhere
    : path.length !== 2
    ? {}
    : path[0] === "controls"
    ? controlElsewhere
    : instanceElsewhere;
  const here = translated(key, names);
  return `Scene: unknown key ${quote(key)} in ${place(path)}${
    here === undefined
      ? suggestion(key, keysAt(path))
      : `, it is called "${here}" here`
  }`;
}

/** The keys that exist at a place in a scene's JSON. */
function keysAt(path: readonly (string | number)[]): string[] {
  if (path.length === 0) return Object.keys(sceneSchema.pipe[1].entries);
  if (path[0] === "size") return ["width", "height"];
  if (path[0] === "init") return Object.keys(initSchema.entries);
  if (path[0] === "style") return Object.keys(styleSchema.entries);
  if (path.length !== 2) return [];
  const { entries } = path[0] === "controls" ? controlSchema : instanceSchema;
  return Object.keys(entries);
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
