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
}

/**
 * Refuses options that do not exist, since `deno run` checks no types and a misspelt option would
 * otherwise pass in silence.
 *
 * @throws {TypeError} that names the key, and the key that was probably meant.
 */
export function checkKeys(
  options: unknown,
  { of, known, elsewhere = {} }: KnownKeys,
): void {
  if (options === undefined) return;
  if (
    typeof options !== "object" || options === null || Array.isArray(options)
  ) {
    throw new TypeError(
      `Options of ${of} must be an object, got ${quote(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    if (Object.hasOwn(elsewhere, key)) {
      throw new TypeError(
        `Option "${key}" of ${of} is called "${elsewhere[key]}" here`,
      );
    }
    throw new TypeError(
      `Option ${quote(key)} of ${of} is not known${suggestion(key, known)}`,
    );
  }
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
    const away = distance(plain, fold(name));
    if (away < least) [best, least] = [name, away];
  }
  return best;
}

/** Spelling without what people vary: case, hyphens and underscores. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, "");
}
