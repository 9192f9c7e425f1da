/** The kinds of value that options take: how a message names each, and what belongs to it. */

/** One kind of value. */
export interface Kind {
  /** End of a sentence that begins with "must be". */
  readonly must: string;
  /** Whether a value has the right type. */
  readonly is: (value: unknown) => boolean;
  /** Whether a value of the right type is in range. @default {each is} */
  readonly allows?: (value: never) => boolean;
  /** The value that was probably meant by one out of range. @default {none is named} */
  readonly meant?: (value: never) => string | undefined;
  /** Checks what the value holds, under the name that messages give it. */
  readonly inside?: (value: never, name: string) => void;
}

/** Bounds of {@linkcode number}; both belong to the range. */
export interface Bounds {
  /** Least value. @default {none} */
  readonly min?: number;
  /** Greatest value. @default {none} */
  readonly max?: number;
}

/** A finite number. */
export function number({ min = -Infinity, max = Infinity }: Bounds = {}): Kind {
  return {
    must: `a number${rangeText(min, max)}`,
    is: isNumber,
    allows: (value: number) =>
      Number.isFinite(value) && value >= min && value <= max,
  };
}

/** A whole number that is exact. */
export function whole({ min = 0, max = Infinity }: Bounds = {}): Kind {
  return {
    must: `a whole number${rangeText(min, max)}`,
    is: isNumber,
    allows: (value: number) =>
      Number.isSafeInteger(value) && value >= min && value <= max,
  };
}

/** A list of so many numbers, each in range; `what` names them. */
export function numbers(
  count: number,
  what: string,
  { min = -Infinity, max = Infinity }: Bounds = {},
): Kind {
  return {
    must: `${what}${rangeText(min, max)}`,
    is: (value) =>
      Array.isArray(value) && value.length === count && value.every(isNumber),
    allows: (value: readonly number[]) =>
      value.every((one) => Number.isFinite(one) && one >= min && one <= max),
  };
}

/** Seeds of noise. */
export const seed: Kind = {
  ...whole({ max: Number.MAX_SAFE_INTEGER }),
  must: "a whole number from 0 to 2^53 - 1",
};

/** A string that holds something. */
export function text(what = "a string"): Kind {
  return {
    must: what,
    is: (value) => typeof value === "string",
    allows: (value: string) => value !== "",
  };
}

/** A string that holds something, or a list of such. */
export function textOrTexts(what: string): Kind {
  const one = (value: unknown) => typeof value === "string";
  return {
    must: `${what}, or a list of such`,
    is: (value) => one(value) || Array.isArray(value) && value.every(one),
    allows: (value: string | readonly string[]) =>
      [value].flat().every((text) => text !== ""),
  };
}

/** A string, empty or not. */
export const anyText: Kind = {
  must: "a string",
  is: (value) => typeof value === "string",
};

/** True or false. */
export const flag: Kind = {
  must: "true or false",
  is: (value) => typeof value === "boolean",
};

/** A function that is called back. */
export const callback: Kind = {
  must: "a function",
  is: (value) => typeof value === "function",
};

/** Signal that stops a run. */
export const abortSignal: Kind = {
  must: "an AbortSignal (the signal of an AbortController)",
  is: (value) => value instanceof AbortSignal,
};

/** One of some names. @param meant The name that another one probably stands for. */
export function oneOf(
  names: readonly string[],
  meant?: (given: string) => string | undefined,
): Kind {
  const quoted = names.map((name) => JSON.stringify(name));
  return {
    must: quoted.length < 2
      ? quoted.join()
      : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`,
    is: (value) => typeof value === "string",
    allows: (value: string) => names.includes(value),
    meant,
  };
}

/** A list; `what` names it, such as `a list of names`, and `item` is the kind of each entry. */
export function list(what: string, item?: Kind): Kind {
  return {
    must: what,
    is: (value) => Array.isArray(value),
    allows: (value: readonly unknown[]) =>
      item === undefined || [...value].every((entry) => belongs(entry, item)),
  };
}

/** Several kinds, any of which will do. */
export function either(...kinds: readonly Kind[]): Kind {
  return {
    must: kinds.map(({ must }) => must).join(" or "),
    is: (value) => kinds.some(({ is }) => is(value)),
    allows: (value: unknown) => kinds.some((kind) => belongs(value, kind)),
    inside: (value: unknown, name: string) =>
      kinds.find(({ is }) => is(value))?.inside?.(value as never, name),
  };
}

/** Whether a value is of a kind, range and all. */
export function belongs(value: unknown, kind: Kind): boolean {
  return kind.is(value) && (kind.allows?.(value as never) ?? true);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function rangeText(min: number, max: number): string {
  if (max < Infinity) return ` from ${min} to ${max}`;
  return min > -Infinity ? ` of at least ${min}` : "";
}
