import type * as v from "valibot";
import { suggestion } from "../lib/core/known_keys.ts";
import { quote } from "../lib/core/quote.ts";

/** A schema as far as its keys can be found. */
interface Nested {
  readonly entries?: Readonly<Record<string, Nested>>;
  readonly wrapped?: Nested;
  readonly item?: Nested;
  readonly pipe?: readonly Nested[];
  readonly options?: readonly Nested[];
}

/**
 * One sentence about what is wrong in a config: the field, its value and what is allowed; for an
 * unknown field the one that was probably meant.
 */
export function describeIssue(
  issue: v.BaseIssue<unknown>,
  schema: unknown,
): string {
  const path = (issue.path ?? []).map((item) => String(item.key));
  const field = path.join(".");
  if (issue.type === "strict_object" && issue.expected === "never") {
    const known = keysAt(schema as Nested, path.slice(0, -1));
    return `${field} is not known${suggestion(path.at(-1)!, known)}`;
  }
  if (issue.received === "undefined") return `${field} is missing`;
  const got = typeof issue.input === "string" && wantsNumber(issue)
    ? `the string ${quote(issue.input)}`
    : quote(issue.input);
  return `${field === "" ? "the config" : field} must be ${
    allowed(issue)
  }, got ${got}`;
}

function wantsNumber({ expected }: v.BaseIssue<unknown>): boolean {
  return /number/.test(expected ?? "");
}

/** What a value may be, as a phrase. */
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
