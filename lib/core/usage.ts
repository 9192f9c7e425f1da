/** Errors of the command line, and the values of its flags. */

import { nearest } from "./known_keys.ts";
import { quote } from "./quote.ts";

/** Bad usage: the command line itself is wrong. The dispatcher prints the message and exits with 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The message of an error that the command line caused, or `undefined` for any other error. */
export function usageMessage(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message;
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== "string" || !code.startsWith("ERR_PARSE_ARGS")) return;
  // node:util adds advice about "--" after the first sentence
  const sentence = (error as Error).message.split(/\.\s/)[0]!;
  return sentence.replace(/\.$/, "");
}

/** The sentence about a command that is followed by one of several words. */
export function wordMessage(
  command: string,
  given: string | undefined,
  known: readonly string[],
): string {
  const near = given === undefined ? undefined : nearest(given, known);
  return `One of ${known.join(", ")} is expected after ${command}, got ${
    given === undefined ? "nothing" : quote(given)
  }${near === undefined ? "" : `, did you mean "${near}"?`}`;
}

/**
 * A flag's value as a number.
 *
 * @throws {UsageError} if it is none, or not between `min` and `max`.
 */
export function numberFlag(
  name: string,
  text: string | undefined,
  options: { min?: number; max?: number; integer?: boolean } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const { min = -Infinity, max = Infinity, integer = false } = options;
  const value = Number(text);
  const valid = text.trim() !== "" && Number.isFinite(value) &&
    value >= min && value <= max && (!integer || Number.isSafeInteger(value));
  if (valid) return value;
  const kind = integer ? "a whole number" : "a number";
  const range = max < Infinity
    ? ` from ${min} to ${max}`
    : min > -Infinity
    ? ` of at least ${min}`
    : "";
  throw new UsageError(
    `Option --${name} takes ${kind}${range}, got ${quote(text)}`,
  );
}

/** Limits of the flag `--steps`. */
export const stepsLimits = { min: 1, max: 1000, integer: true } as const;

/** Limits of the flag `--guidance`. */
export const guidanceLimits = { min: 0, max: 1000 } as const;

/** Limits of the flag `--seed`. */
export const seedLimits = {
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  integer: true,
} as const;

/**
 * A flag's value as one of some names.
 *
 * @throws {UsageError} if it is none of them.
 */
export function choiceFlag<N extends string>(
  name: string,
  text: string | undefined,
  names: readonly N[],
): N | undefined {
  if (text === undefined) return undefined;
  const found = names.find((one) => one === text);
  if (found !== undefined) return found;
  const near = nearest(text, names);
  throw new UsageError(
    `Option --${name} takes ${names.slice(0, -1).join(", ")} or ${
      names.at(-1)
    }, got ${quote(text)}${
      near === undefined ? "" : `, did you mean ${near}?`
    }`,
  );
}

/** Most pixels along a side of a picture. */
const longestSide = 16384;

/**
 * A flag's value as the size of a picture, `WIDTHxHEIGHT`.
 *
 * @throws {UsageError} if it is none.
 */
export function sizeFlag(
  name: string,
  text: string | undefined,
): { width: number; height: number } | undefined {
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d+)[x×](\d+)$/.exec(text) ?? [];
  const fits = (side: string | undefined) =>
    Number(side) >= 1 && Number(side) <= longestSide;
  if (fits(width) && fits(height)) {
    return { width: Number(width), height: Number(height) };
  }
  throw new UsageError(
    `Option --${name} takes WIDTHxHEIGHT, whole numbers of pixels from 1 to ${longestSide}, got ${
      quote(text)
    }`,
  );
}
