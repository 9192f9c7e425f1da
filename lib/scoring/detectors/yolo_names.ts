/** Names of classes as Ultralytics keeps them in a file: what Python prints of a dictionary. */

/** `0: 'cup'`, with the quotes that Python chose, or without where the name is a number. */
const entryPattern =
  /["']?(\d+)["']?\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,{}'"]+))/gs;

/** One text of a list. */
const textPattern = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs;

/**
 * The names in the printed form of a dictionary, `{0: 'person', 1: "driver's mug"}`, or of a list.
 * A number that has no name is its own name.
 */
export function yoloNames(printed: string): string[] {
  if (printed.trimStart().startsWith("[")) {
    return [...printed.matchAll(textPattern)]
      .map(([, single, double]) => unescapePython((single ?? double)!));
  }
  const names: string[] = [];
  for (const match of printed.matchAll(entryPattern)) {
    const [, index, single, double, bare] = match;
    const quoted = single ?? double;
    if (Number(index) > 1e5) continue;
    names[Number(index)] = quoted === undefined
      ? bare!
      : unescapePython(quoted);
  }
  return Array.from(names, (name, i) => name ?? String(i));
}

const plainEscapes: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" },
  "\n": "",
};

/** The text that a string literal of Python stands for, given without its quotes. */
function unescapePython(literal: string): string {
  const escape =
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))/gs;
  return literal.replace(escape, (whole, x, u, U, octal, one) => {
    const hex = x ?? u ?? U;
    if (hex !== undefined) {
      const code = parseInt(hex, 16);
      return code > 0x10ffff ? whole : String.fromCodePoint(code);
    }
    if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
    if (one in plainEscapes) return plainEscapes[one];
    return /[\\'"]/.test(one) ? one : whole; // Python keeps a backslash that escapes nothing
  });
}
