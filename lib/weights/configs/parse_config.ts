/** Configs checked key by key against the schema of their library. */

import * as v from "valibot";
import { nearest } from "../../core/known_keys.ts";
import { quote, shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** A config that was checked, with its library's defaults filled in. */
export interface Parsed<C> {
  /** The config. */
  readonly config: C;
  /** Keys that no library knows, each as a sentence: they are ignored, as the library does. */
  readonly warnings: readonly string[];
}

/** Where a config stands, for messages. */
export interface ConfigPlace {
  /** Path of the file. */
  readonly file: string;
  /** Key of the object inside the file; absent: the file itself. */
  readonly at?: string;
}

/** A value that its schema takes but that does not fit the others. */
export interface Misfit {
  readonly key: string;
  readonly value: unknown;
  /** Allowed values, from "must" on. */
  readonly rule: string;
}

/** Options of {@linkcode parseConfig}. */
export interface ParseOptions<C> {
  /** Whether unknown keys are refused: of our own settings, which no other library extends. */
  readonly strict?: boolean;
  /** Finds values that do not fit one another. */
  readonly misfits?: (config: C) => readonly Misfit[];
}

/** Problems and unknown keys named in one message; the rest is counted. */
const SHOWN = 4;

/**
 * Checks a config against the fields that its library knows and fills in their defaults. Keys that
 * begin with an underscore are notes of the library and skipped.
 *
 * @throws {LocRefError} `config-invalid`, naming the file, each key, its value and what is allowed.
 */
export function parseConfig<const E extends v.ObjectEntries>(
  entries: E,
  value: unknown,
  place: ConfigPlace,
  options: ParseOptions<
    v.InferOutput<v.ObjectSchema<E, undefined>>
  > = {},
): Parsed<v.InferOutput<v.ObjectSchema<E, undefined>>> {
  checkObject(value, place);
  const unknown = Object.keys(value).filter((key) =>
    !Object.hasOwn(entries, key) && !key.startsWith("_")
  );
  // a missing key counts as undefined, so that its own field says what it must be
  const absent = Object.keys(entries).map((key) => [key, undefined]);
  const given = { ...Object.fromEntries(absent), ...value };
  const result = v.safeParse(v.object(entries), given);
  const misfits = result.success
    ? options.misfits?.(result.output) ?? []
    : result.issues.map((issue) => ({
      key: String(issue.path?.[0]?.key),
      value: issue.path?.[0]?.value,
      rule: issue.message,
    }));
  const problems = misfits.map((misfit) => sentence(misfit, place));
  const known = Object.keys(entries);
  const strangers = unknown.map((key) =>
    `key ${quote(inside(key, place))} is not known${meant(key, known)}`
  );
  if (options.strict) problems.push(...strangers);
  if (!result.success || problems.length > 0) {
    throw invalid(place.file, problems.length > 0 ? problems : ["is not read"]);
  }
  return {
    config: result.output,
    warnings: options.strict || strangers.length === 0 ? [] : [
      `File "${place.file}": ${
        joined(strangers)
      }: ignored, as its library does`,
    ],
  };
}

/** Makes sure that a value is a JSON object. */
export function checkObject(
  value: unknown,
  { file, at }: ConfigPlace,
): asserts value is Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return;
  }
  throw new LocRefError(
    "config-invalid",
    at === undefined
      ? `File "${file}" must hold a JSON object, got ${quote(value)}`
      : `File "${file}": key "${at}" must be an object, got ${quote(value)}`,
  );
}

/** The error about what is wrong in a config file. */
export function invalid(
  file: string,
  problems: readonly string[],
): LocRefError {
  return new LocRefError(
    "config-invalid",
    `File "${file}": ${joined(problems)}`,
  );
}

/** One problem as it stands in a message; long lists of what is allowed are cut, never the value. */
function sentence({ key, value, rule }: Misfit, place: ConfigPlace): string {
  return `key ${quote(inside(key, place))} ${shorten(rule, 220)}, got ${
    quote(value)
  }`;
}

function inside(key: string, { at }: ConfigPlace): string {
  return at === undefined ? key : `${at}.${key}`;
}

function joined(problems: readonly string[]): string {
  const more = problems.length - SHOWN;
  const shown = problems.slice(0, SHOWN).map((text) => shorten(text, 400));
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function meant(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? "" : ` (did you mean "${near}"?)`;
}
