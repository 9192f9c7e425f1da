/** Stands for a number that JSON does not have; no other text begins so. */
const mark = "\u0000number ";

/**
 * Parses JSON as Python's `json` writes it: `NaN`, `Infinity` and `-Infinity` are numbers, and whole
 * numbers above 2^53 become strings of their digits.
 *
 * @throws {SyntaxError} if `text` is no JSON.
 */
export function parsePythonJson(text: string): unknown {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  const large = /\d{16}/.test(plain);
  try {
    return large ? JSON.parse(plain, exact) : JSON.parse(plain);
  } catch (error) {
    const marked = markNumbers(plain);
    if (marked === plain) throw error;
    const revive: Revive = (key, value, context) =>
      exact(key, restored(value), context);
    return JSON.parse(marked, revive);
  }
}

type Revive = (
  key: string,
  value: unknown,
  context?: { source?: string },
) => unknown;

/** Puts a marked text in the place of each number that JSON does not have, outside of texts. */
function markNumbers(text: string): string {
  return text.replace(
    /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.])-?(?:NaN|Infinity)(?![\w.])/gs,
    (found) => found.startsWith('"') ? found : JSON.stringify(mark + found),
  );
}

function restored(value: unknown): unknown {
  return typeof value === "string" && value.startsWith(mark)
    ? Number(value.slice(mark.length))
    : value;
}

function exact(
  _: string,
  value: unknown,
  context?: { source?: string },
): unknown {
  const source = context?.source ?? "";
  const rounded = typeof value === "number" && Number.isInteger(value) &&
    !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return rounded ? source : value;
}
