/**
 * Fields of a config: one schema each, whose only message says what is allowed. A schema checks a
 * value as a whole, so that a message can name its key and repeat it as given.
 */

import * as v from "valibot";

/** Schema of one field; its message continues the sentence `key "x" …`. */
export type Field<T> = v.GenericSchema<T>;

/** A field by what it takes, and the message about everything else, from "must" on. */
export function field<T>(
  takes: (value: unknown) => boolean,
  message: string,
): Field<T> {
  return v.custom<T>(takes, message);
}

/** A whole number from `from` to `to`. */
export function whole(from: number, to: number): Field<number> {
  return field<number>(
    (value) => isWhole(value, from, to),
    `must be a whole number from ${from} to ${to}`,
  );
}

/** A number from `from` to `to`, both included. */
export function real(from: number, to: number): Field<number> {
  return field<number>(
    (value) => typeof value === "number" && value >= from && value <= to,
    `must be a number from ${from} to ${to}`,
  );
}

/** A number above 0 and at most `to`: an epsilon. */
export function positive(to: number): Field<number> {
  return field<number>(
    (value) => typeof value === "number" && value > 0 && value <= to,
    `must be a number above 0, up to ${to}`,
  );
}

/** A number between `above` and `below`, neither of which it may be. */
export function between(above: number, below: number): Field<number> {
  return field<number>(
    (value) => typeof value === "number" && value > above && value < below,
    `must be a number above ${above} and below ${below}`,
  );
}

/** A finite number of at least `least`. */
export function numberFrom(least: number): Field<number> {
  return field<number>(
    (value) => Number.isFinite(value) && (value as number) >= least,
    `must be a number of at least ${least}`,
  );
}

/** Any number, infinity included. */
export const anyNumber: Field<number> = field<number>(
  (value) => typeof value === "number" && !Number.isNaN(value),
  "must be a number",
);

/** `true` or `false`. */
export const flag: Field<boolean> = field<boolean>(
  (value) => typeof value === "boolean",
  "must be true or false",
);

/** A list of `least` to `most` whole numbers from `from` to `to`. */
export function wholeList(
  range: { from: number; to: number; least: number; most: number },
): Field<readonly number[]> {
  const { from, to, least, most } = range;
  return field<readonly number[]>(
    (value) =>
      isList(value, least, most) &&
      value.every((one) => isWhole(one, from, to)),
    `must be a list of ${least} to ${most} whole numbers from ${from} to ${to}`,
  );
}

/** A whole number from `from` to `to`, or a list with one for each level. */
export function wholeByLevel(
  from: number,
  to: number,
): Field<number | readonly number[]> {
  return field<number | readonly number[]>(
    (value) =>
      isWhole(value, from, to) ||
      isList(value, 1, 64) && value.every((one) => isWhole(one, from, to)),
    `must be a whole number from ${from} to ${to}, or a list of them`,
  );
}

/** A whole number from `from` to `to`, or a list that holds it several times. */
export function wholeForAll(from: number, to: number): Field<number> {
  return field<number>(
    (value) => {
      const list = isList(value, 1, 64) ? value : [value];
      return list.every((one) => one === list[0] && isWhole(one, from, to));
    },
    `must be a whole number from ${from} to ${to}, the same at every level`,
  );
}

/** A list of names out of `names`. */
export function nameList(
  names: readonly string[],
  most: number,
): Field<readonly string[]> {
  return field<readonly string[]>(
    (value) =>
      isList(value, 1, most) &&
      value.every((one) => names.includes(one as string)),
    `must be a list of 1 to ${most} of ${either(names)}`,
  );
}

/**
 * One of the values that are supported.
 *
 * @param why The reason why others are not, shown in brackets.
 */
export function only<const T extends string | number | boolean | null>(
  values: readonly T[],
  why?: string,
): Field<T> {
  return field<T>(
    (value) => values.includes(value as T),
    `must be ${either(values)}${why === undefined ? "" : ` (${why})`}`,
  );
}

/** A value that changes nothing here, of whatever kind. */
const inert: v.OptionalSchema<v.UnknownSchema, undefined> = v.optional(
  v.unknown(),
);

/** Fields that change nothing here, by name. */
export function inertFields<K extends string>(
  names: readonly K[],
): Record<K, typeof inert> {
  return Object.fromEntries(names.map((name) => [name, inert])) as Record<
    K,
    typeof inert
  >;
}

/** The number of a {@linkcode wholeForAll} field. */
export function first(value: number | readonly number[]): number {
  return typeof value === "number" ? value : value[0]!;
}

function either(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  const last = texts.pop()!;
  return texts.length === 0 ? last : `${texts.join(", ")} or ${last}`;
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= from &&
    (value as number) <= to;
}

function isList(
  value: unknown,
  least: number,
  most: number,
): value is readonly unknown[] {
  return Array.isArray(value) && value.length >= least && value.length <= most;
}
