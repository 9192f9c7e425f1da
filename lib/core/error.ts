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
