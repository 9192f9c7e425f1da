import { checkKeys, isPlain, type KnownKeys } from "./known_keys.ts";
import type { Kind } from "./kinds.ts";
import { quote } from "./quote.ts";

/** The kind of every option of `T`; the compiler holds it to the type's keys. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Kind };

/** Specification that {@linkcode checkOptions} checks options against. */
export interface OptionRules<T> extends Omit<KnownKeys, "known"> {
  /** The kind of each option. */
  readonly fields: Fields<T>;
  /** How messages call an option whose value is out of range. @default {`Option name`} */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Checks options where they come in: their names, the types of their values, and the ranges.
 * `undefined` counts as not given.
 *
 * @throws {TypeError} for an unknown option or a value of the wrong type.
 * @throws {RangeError} for a value out of range.
 */
export function checkOptions<T extends object>(
  options: unknown,
  rules: OptionRules<T>,
): void {
  const { of, fields, labels = {}, elsewhere, instead } = rules;
  const known = Object.keys(fields);
  checkKeys(options, { of, known, elsewhere, instead });
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, kind] of Object.entries<Kind>(fields)) {
    if (given[name] === undefined) continue;
    checkValue(given[name], kind, {
      name: `Option ${name} of ${of}`,
      label: labels[name] ?? `Option ${name}`,
    });
  }
}

/**
 * Checks one value.
 *
 * @param names `name`: what a message about its type begins with; `label`: about its range.
 * @throws {TypeError} if it has the wrong type.
 * @throws {RangeError} if it is out of range.
 */
export function checkValue(
  value: unknown,
  kind: Kind,
  names: { readonly name: string; readonly label?: string },
): void {
  const { name, label } = names;
  if (!kind.is(value)) throw new TypeError(`${name} ${mustBe(value, kind)}`);
  if (kind.allows?.(value as never) === false) {
    const meant = kind.meant?.(value as never);
    const end = meant === undefined ? "" : `, did you mean ${quote(meant)}?`;
    throw new RangeError(
      label === undefined
        ? `${name} ${mustBe(value, kind)}${end}`
        : `${label} is ${quote(value)}: it must be ${kind.must}${end}`,
    );
  }
  kind.inside?.(value as never, name);
}

/** The end of a message: `must be a number, got the string "7"`. */
export function mustBe(value: unknown, { must }: Pick<Kind, "must">): string {
  const aboutText = /string|"/.test(must) && !/^a (whole )?number/.test(must);
  const got = typeof value === "string" && !aboutText
    ? `the string ${quote(value)}`
    : quote(value);
  return `must be ${must}, got ${got}`;
}

/** Options within options, such as `until: { iou: 0.7 }`. */
export function nested<T extends object>(
  rules: Omit<OptionRules<T>, "of"> & {
    readonly must: string;
    /** Options that must be given. @default {none} */
    readonly needed?: readonly (keyof T & string)[];
    /** A fault of options that are right one by one, in words. @default {none} */
    readonly together?: (value: T) => string | undefined;
  },
): Kind {
  return {
    must: rules.must,
    is: isPlain,
    inside: (value: object, name: string) => {
      const of = name.replace(/^Option /, "");
      checkOptions(value, { ...rules, of, labels: labelsWithin(of, rules) });
      const given = value as Readonly<Record<string, unknown>>;
      const lacks = rules.needed?.find((one) => given[one] === undefined);
      if (lacks !== undefined) {
        throw new TypeError(
          `${name} lacks "${lacks}": it must be ${rules.must}`,
        );
      }
      const fault = rules.together?.(value as T);
      if (fault !== undefined) throw new RangeError(`${name}: ${fault}`);
    },
  };
}

/** Names of options within options, which hold the one that they are in. */
function labelsWithin<T>(
  of: string,
  { fields, labels }: Pick<OptionRules<T>, "fields" | "labels">,
): Readonly<Record<string, string>> {
  const own = Object.keys(fields).map((key) => [key, `Option ${key} of ${of}`]);
  return { ...Object.fromEntries(own), ...labels };
}
