import { distance } from "fastest-levenshtein";
import { quote, shorten } from "./quote.ts";

/** The keys that {@linkcode checkKeys} accepts. */
export interface KnownKeys {
  /** Name of the options in messages: `generate`, `place of instance 2`. */
  readonly of: string;
  /** Every key that exists. */
  readonly known: readonly string[];
  /** Names that other libraries use, and the name here. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Names of what is no option here, and what to use in its place. */
  readonly instead?: Readonly<Record<string, string>>;
}

/**
 * Refuses options that do not exist, since `deno run` checks no types and a misspelt option would
 * otherwise pass in silence.
 *
 * @throws {TypeError} that names the key, and the key that was probably meant.
 */
export function checkKeys(
  options: unknown,
  { of, known, elsewhere = {}, instead = {} }: KnownKeys,
): void {
  if (options === undefined) return;
  checkObject(options, of);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const here = translated(key, elsewhere);
    if (here !== undefined) {
      throw new TypeError(
        `Option ${quote(key)} of ${of} is called "${here}" here`,
      );
    }
    const other = translated(key, instead);
    if (other !== undefined) {
      throw new TypeError(
        `Option ${quote(key)} of ${of} does not exist here, use ${other}`,
      );
    }
    throw new TypeError(
      `Option ${quote(key)} of ${of} is not known${suggestion(key, known)}`,
    );
  }
}

/**
 * Refuses options that are no object.
 *
 * @throws {TypeError} that names the value.
 */
export function checkObject(
  options: unknown,
  of: string,
): asserts options is object {
  if (isPlain(options)) return;
  throw new TypeError(
    `Options of ${of} must be an object, got ${quote(options)}`,
  );
}

/**
 * Whether a value is an object as literals make it: no list, no promise, nothing with a class, whose
 * members would otherwise pass for options or go unseen.
 */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // objects of other realms have an Object.prototype of their own
  return prototype === null || Object.getPrototypeOf(prototype) === null &&
      Object.hasOwn(prototype, "hasOwnProperty");
}

/** The option here that a name of another library stands for, however its words are joined. */
export function translated(
  given: string,
  names: Readonly<Record<string, string>>,
): string | undefined {
  const plain = fold(given);
  return Object.entries(names).find(([name]) => fold(name) === plain)?.[1];
}

/**
 * The end of a message about an unknown name: `, did you mean "scale"?`, or the names that exist.
 *
 * @param given The name as typed.
 * @param known The names that exist.
 */
export function suggestion(given: string, known: readonly string[]): string {
  const near = nearest(given, known);
  if (near !== undefined) return `, did you mean "${near}"?`;
  return known.length === 0
    ? ""
    : `, known are ${shorten(known.join(", "), 400)}`;
}

/** The known name that is spelt most like `given`, if any is near enough to be a slip. */
export function nearest(
  given: string,
  known: readonly string[],
): string | undefined {
  const plain = fold(given);
  if (plain.length > 64) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.round(plain.length * 0.4)) + 1;
  for (const name of known) {
    const away = slips(plain, fold(name));
    const nothingShared = away >= Math.max(plain.length, fold(name).length);
    if (away < least && !nothingShared) [best, least] = [name, away];
  }
  return best;
}

/** Letters to change; letters that changed places count as one. */
function slips(a: string, b: string): number {
  const sorted = (text: string) => [...text].sort().join("");
  const away = distance(a, b);
  return away === 2 && sorted(a) === sorted(b) ? 1 : away;
}

/** Spelling without what people vary: case, hyphens and underscores. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, "");
}
