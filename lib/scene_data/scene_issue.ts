import type * as v from "valibot";
import { suggestion, translated } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { elsewhere } from "./check_instance_options.ts";
import {
  controlElsewhere,
  controlSchema,
  initElsewhere,
  initSchema,
  styleElsewhere,
  styleSchema,
} from "./edit_schema.ts";
import { instanceSchema, sceneSchema } from "./scene_schema.ts";

/** Whether an issue is a key that does not exist. */
export function isUnknownKey(
  { type, expected }: v.BaseIssue<unknown>,
): boolean {
  return type === "strict_object" && expected === "never";
}

/** An issue of a scene as a sentence, naming the key or the instance. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
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
