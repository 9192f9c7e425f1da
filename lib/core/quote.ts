/** Most characters of a value that a message repeats. */
const longest = 80;

/** Most lists inside one another that a message repeats. */
const deepest = 3;

/**
 * A value as error messages repeat it, in about 80 characters at most.
 *
 * Strings are in quotes, numbers as they are, objects by their keys and numbers, everything else by
 * its kind. `undefined` is `nothing`.
 *
 * A number that arrived as a string shows as one: `"7"` is not `7`.
 */
export function quote(value: unknown): string {
  return quoteWithin(value, deepest);
}

function quoteWithin(value: unknown, levels: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value));
    case "function":
      return value.name === ""
        ? "a function"
        : `function ${shorten(value.name)}`;
    case "bigint":
      return shorten(`${value}n`);
    case "undefined":
      return "nothing";
    case "object":
      return value === null ? "null" : quoteObject(value, levels);
    default:
      return shorten(String(value));
  }
}

function quoteObject(value: object, levels: number): string {
  if (value instanceof Promise) return "a promise (is an await missing?)";
  if (Array.isArray(value)) {
    if (levels === 0 && value.length > 0) return "[…]";
    const shown = value.slice(0, 8).map((one) => quoteWithin(one, levels - 1));
    return shorten(
      `[${shown.join(", ")}${value.length > 8 ? ", …" : ""}]`,
    );
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    const keys = Object.keys(value);
    const shown = keys.slice(0, 6).map((key) => {
      const own: unknown = Reflect.get(value, key);
      return shorten(typeof own === "number" ? `${key}: ${own}` : key);
    }).join(", ");
    return keys.length === 0
      ? "{}"
      : shorten(`{ ${shown}${keys.length > 6 ? ", …" : ""} }`);
  }
  const name: unknown = prototype.constructor?.name;
  return typeof name === "string" && name !== ""
    ? `${/^[AEIO]/.test(name) ? "an" : "a"} ${shorten(name)}`
    : "an object";
}

/** The text, cut after `most` characters with an ellipsis; control characters become spaces. */
export function shorten(text: string, most: number = longest): string {
  // deno-lint-ignore no-control-regex
  const plain = text.slice(0, most + 1).replace(/[\u0000-\u001f\u007f]/g, " ");
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}
