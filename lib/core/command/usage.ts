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
