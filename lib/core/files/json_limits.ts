/** Checks of JSON text before it is parsed. */

/** How much a JSON text may hold. */
export interface JsonLimits {
  /** Objects and lists inside one another. */
  readonly depth: number;
  /** Keys of all objects together. */
  readonly keys: number;
}

/**
 * Says in words which limit a JSON text exceeds, `undefined` where none. Looks at bytes, since
 * parsers take minutes for text that does nothing but nest.
 */
export function exceeded(
  json: Uint8Array,
  limits: JsonLimits,
): string | undefined {
  let [depth, keys, quoted] = [0, 0, false];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > limits.depth) return `more than ${limits.depth} levels`;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
    else if (byte === COLON && ++keys > limits.keys) {
      return `more than ${limits.keys} keys`;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
