/** Kind of error, for programs that react to it. */
export type LocRefErrorCode =
  | "backend-failed"
  | "backend-missing"
  | "checkpoint-mismatch"
  | "config-invalid"
  | "disposed"
  | "file-invalid"
  | "file-missing"
  | "file-refused"
  | "hub"
  | "image-invalid"
  | "not-finite"
  | "permission-missing"
  | "scene-invalid"
  | "training";

/** Most characters of a message. */
const longestMessage = 4000;

/** An error of this package that is neither a wrong type nor a value out of range. */
export class LocRefError extends Error {
  /** Always `LocRefError`. */
  override name = "LocRefError";
  /** Kind of error. */
  readonly code: LocRefErrorCode;

  /** Makes an error with a `code` to react to and a sentence to read. */
  constructor(code: LocRefErrorCode, message: string, options?: ErrorOptions) {
    super(
      message.length > longestMessage
        ? `${message.slice(0, longestMessage - 1)}…`
        : message,
      options,
    );
    this.code = code;
  }
}

/**
 * Runs `work` for one of several parts of a kind, so that errors of this package begin with its name.
 *
 * @param name the beginning of messages, such as `Control 2 ("pose")`.
 * @throws {LocRefError} those of `work`, with the same code.
 */
export async function inNameOf<T>(
  name: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    if (error.message.startsWith(name)) throw error;
    const { code, message } = error;
    throw new LocRefError(code, `${name}: ${message}`, { cause: error });
  }
}
