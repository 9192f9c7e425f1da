/** Entries of a command's table: options such as `--seed N`, and arguments such as `SCENE.json`. */

import {
  belongs,
  type Bounds,
  type Kind,
  number as aNumber,
  whole as aWhole,
} from "../kinds.ts";
import { nearest } from "../known_keys.ts";
import { quote } from "../quote.ts";
import { UsageError } from "./usage.ts";

/** One option or argument of a command, with the type of its value. */
export interface Option<T> {
  /** Its meaning, as the middle of a sentence. */
  readonly summary: string;
  /** Word that stands for the value in help; absent in switches. */
  readonly value?: string;
  /** Reads what was typed; `label` begins messages. It throws a `UsageError` for a bad value. */
  readonly read: (given: readonly string[], label: string) => T;
  /** Value where none is given. */
  readonly default?: T;
  /** Words for the value where none is given. @default {the default itself} */
  readonly otherwise?: string;
  /** Names that the value must be one of. */
  readonly choices?: readonly string[];
  /** Range of the value, where both of its ends say something. */
  readonly range?: string;
  /** Letter of the short form. */
  readonly short?: string;
  /** Name that it had before, which goes on working. */
  readonly former?: string;
  /** Whether a command cannot do without it. @default {false} */
  readonly needed?: boolean;
  /** Whether it may be repeated. @default {false} */
  readonly many?: boolean;
  /** Whether its place identifies it, not a name. @default {false} */
  readonly argument?: boolean;
}

/** A command's table: names in camel case, `imageEncoder` is typed `--image-encoder`. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** Values of a table, as a command receives them. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Settings that most options share. */
export interface More<D> {
  /** Word that stands for the value in help. */
  readonly value?: string;
  /** Value where none is given. */
  readonly default?: D;
  /** Words for the value where none is given. */
  readonly otherwise?: string;
  /** Letter of the short form. */
  readonly short?: string;
  /** Name that it had before, which goes on working. */
  readonly former?: string;
}

/** An option whose text `parse` reads; `undefined` refuses it as not being what it `must` be. */
export function option<T, D extends T | undefined = undefined>(
  kind: {
    readonly must: string;
    readonly parse: (text: string) => T | undefined;
    readonly choices?: readonly string[];
    /** The choice that another text probably stands for. @default {the nearest one} */
    readonly meant?: (text: string) => string | undefined;
  },
  summary: string,
  more: More<D> & { readonly value: string },
): Option<T | D> {
  const { must, parse, choices } = kind;
  const { meant = (text: string) => nearest(text, choices ?? []) } = kind;
  const [, range] = / from (\S+ to [\d.]+)$/.exec(must) ?? [];
  return {
    ...{ summary, choices, range },
    ...more,
    read: (given, label) => {
      const text = given.at(-1)!;
      const value = parse(text);
      if (value !== undefined) return value;
      const near = meant(text);
      throw new UsageError(
        `${label} takes ${must}, got ${quote(text)}${
          near === undefined ? "" : `, did you mean ${near}?`
        }`,
      );
    },
  };
}

/** Words for values that are paths. */
const paths = /^(FILE|DIR|FOLDER|.*\.[A-Za-z]+)$/;

/** An option that takes any text, such as a path; only one called TEXT may be empty. */
export function text<D extends string | undefined = undefined>(
  value: string,
  summary: string,
  more: More<D> = {},
): Option<string | D> {
  const must = paths.test(value) ? "a path" : "a text that is not empty";
  const parse = (given: string) =>
    given === "" && value !== "TEXT" ? undefined : given;
  return option<string, D>({ must, parse }, summary, { value, ...more });
}

/** An option that takes a number. */
export function number<D extends number | undefined = undefined>(
  summary: string,
  more: Bounds & More<D> = {},
): Option<number | D> {
  return numberOf(aNumber(more), summary, more);
}

/** An option that takes a whole number. @param more Its least value is 0 unless it says another. */
export function whole<D extends number | undefined = undefined>(
  summary: string,
  more: Bounds & More<D> = {},
): Option<number | D> {
  return numberOf(aWhole(more), summary, more);
}

/** An option that takes a number of some kind. */
export function numberOf<D extends number | undefined = undefined>(
  kind: Kind,
  summary: string,
  more: More<D> = {},
): Option<number | D> {
  const { must } = kind;
  const parse = (given: string) => parseNumber(given, kind);
  return option<number, D>({ must, parse }, summary, { value: "N", ...more });
}

/** A number of some kind, or `undefined` if the text is none. */
export function parseNumber(given: string, kind: Kind): number | undefined {
  const value = given.trim() === "" ? NaN : Number(given);
  return belongs(value, kind) ? value : undefined;
}

/** An option that takes one of some names. */
export function choice<
  const N extends string,
  const D extends N | undefined = undefined,
>(
  names: readonly N[],
  summary: string,
  more: More<D> & {
    readonly meant?: (text: string) => string | undefined;
  } = {},
): Option<N | D> {
  const { meant, ...rest } = more;
  const must = names.length < 2
    ? names.join()
    : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  const parse = (given: string) => names.find((name) => name === given);
  const kind = { must, parse, choices: names, meant };
  return option<N, D>(
    kind,
    summary,
    { value: "NAME", ...rest },
  );
}

/** An option without a value. */
export function toggle(summary: string): Option<boolean> {
  return { summary, read: () => true, default: false };
}

/** A value that stands where it is, without the name of an option. */
export function argument<D extends string | undefined = undefined>(
  value: string,
  summary: string,
  more: More<D> = {},
): Option<string | D> {
  return { ...text(value, summary, more), argument: true };
}

/** An option or argument that a command cannot do without. */
export function needed<T>(of: Option<T | undefined>): Option<T> {
  return { ...of, needed: true } as Option<T>;
}

/** An option or argument that may be repeated. */
export function repeated<T>(
  of: Option<T | undefined>,
): Option<readonly T[] | undefined> {
  const read = (given: readonly string[], label: string) =>
    given.map((one) => of.read([one], label) as T);
  return { ...of, many: true, default: undefined, read };
}

/** Most pixels along a side of a picture. */
const longestSide = 16384;

/** An option that takes the size of a picture in pixels. */
export function size(
  summary: string,
  more: More<undefined> = {},
): Option<{ width: number; height: number } | undefined> {
  const must = `WIDTHxHEIGHT, whole numbers of pixels from 1 to ${longestSide}`;
  return option({ must, parse: parseSize }, summary, {
    value: "WIDTHxHEIGHT",
    ...more,
  });
}

function parseSize(text: string) {
  const [, width, height] = /^(\d+)[x×](\d+)$/.exec(text) ?? [];
  const fits = (side: string | undefined) =>
    Number(side) >= 1 && Number(side) <= longestSide;
  if (!fits(width) || !fits(height)) return undefined;
  return { width: Number(width), height: Number(height) };
}

/** Name of an option as it is typed: `imageEncoder` is `--image-encoder`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
