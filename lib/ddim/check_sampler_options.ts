import { checkKeys } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { type SamplerKind, schemaOf } from "./sampler.ts";
import type { SamplerOptionInfo } from "./sampler_options.ts";

/**
 * Checks the options of a sampler.
 *
 * @param all Every sampler, to name those that have an option.
 * @throws {RangeError} if an option is out of range.
 * @throws {TypeError} if the sampler does not take an option.
 */
export function checkSamplerOptions(
  kind: SamplerKind,
  options: object,
  all: Iterable<SamplerKind>,
): void {
  const of = `sampler "${kind.name}"`, schema = schemaOf(kind);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(schema, key)) continue;
    const takers = [...all]
      .filter((one) => Object.hasOwn(schemaOf(one), key));
    if (takers.length === 0) continue;
    throw new TypeError(
      `Sampler "${kind.name}" has no option "${key}": ${
        takers.map(({ name }) => name).join(", ")
      } ${takers.length === 1 ? "has" : "have"} it`,
    );
  }
  checkKeys(options, { of, known: Object.keys(schema) });
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    checkValue(`Option "${key}" of ${of}`, value, schema[key]!);
  }
}

function checkValue(
  what: string,
  value: unknown,
  info: SamplerOptionInfo,
): void {
  const { oneOf, list, flag } = info;
  if (oneOf) {
    if (oneOf.includes(value as string)) return;
    const known = oneOf.join(", ");
    throw new RangeError(`${what} is ${quote(value)}: it must be ${known}`);
  }
  if (flag) {
    if (typeof value === "boolean") return;
    throw new TypeError(`${what} must be true or false, got ${quote(value)}`);
  }
  if (list) {
    if (Array.isArray(value)) return;
    throw new TypeError(`${what} must be an array, got ${quote(value)}`);
  }
  if (typeof value !== "number") {
    throw new TypeError(`${what} must be a number, got ${quote(value)}`);
  }
  checkNumber(what, value, info);
}

function checkNumber(
  what: string,
  value: number,
  { range, whole }: SamplerOptionInfo,
): void {
  const [least, most] = range ?? [-Infinity, Infinity];
  const fits = Number.isFinite(value) && value >= least && value <= most;
  if (fits && (!whole || Number.isInteger(value))) return;
  const within = range ? ` from ${least} to ${most}` : "";
  throw new RangeError(
    `${what} is ${value}: it must be a ${
      whole ? "whole number" : "number"
    }${within}`,
  );
}
