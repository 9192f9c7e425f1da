/** Checks of JSON text that `JSON.parse` does not make. */

/**
 * The first object key of valid JSON `text` that no reader should accept: one that occurs twice in
 * its object, or `__proto__`. `undefined` where all keys are sound.
 */
export function findUnsoundKey(
  text: string,
): { key: string; problem: "duplicate" | "prototype" } | undefined {
  const objects: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === OPEN_OBJECT) objects.push(new Set());
    else if (char === OPEN_ARRAY) objects.push(undefined);
    else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) objects.pop();
    if (char !== QUOTE) {
      at++;
      continue;
    }
    const end = endOfString(text, at);
    if (isKey(text, end)) {
      const key: string = JSON.parse(text.slice(at, end));
      const seen = objects.at(-1);
      if (key === "__proto__") return { key, problem: "prototype" };
      if (seen?.has(key)) return { key, problem: "duplicate" };
      seen?.add(key);
    }
    at = end;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at + 1;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}
