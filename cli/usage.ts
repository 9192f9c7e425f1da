/** How commands answer to what they cannot understand. */

/** Bad usage: the command line itself is wrong. The dispatcher prints the message and exits with 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The message of an error that the command line caused, or `undefined` for any other error. */
export function usageMessage(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message;
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== "string" || !code.startsWith("ERR_PARSE_ARGS")) return;
  // node:util adds advice about "--" after the first sentence
  const sentence = (error as Error).message.split(/\.\s/)[0]!;
  return sentence.replace(/\.$/, "");
}

/**
 * A flag's value as a number.
 *
 * @throws {UsageError} if it is none, or not between `min` and `max`.
 */
export function numberFlag(
  name: string,
  text: string | undefined,
  options: { min?: number; max?: number; integer?: boolean } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const { min = -Infinity, max = Infinity, integer = false } = options;
  const value = Number(text);
  const valid = text.trim() !== "" && value >= min && value <= max &&
    (!integer || Number.isInteger(value));
  if (valid) return value;
  const kind = integer ? "a whole number" : "a number";
  const range = max < Infinity
    ? ` from ${min} to ${max}`
    : min > -Infinity
    ? ` of at least ${min}`
    : "";
  throw new UsageError(
    `Option --${name} takes ${kind}${range}, got "${text}"`,
  );
}
