import { lowered } from "../core/lowered.ts";
import { LocRefError } from "../core/error.ts";

/** A file that cannot be read as weights, with a way out. */
export class WeightFileError extends LocRefError {
  /** The message without the way out. */
  readonly problem: string;
  /** Advice, as a sentence without a full stop. */
  readonly next: string;
  /** The end of "FILE is …", where it is known. */
  readonly what: string | undefined;

  /** Makes an error with the code `file-invalid`. */
  constructor(problem: string, next: string, options?: { what?: string }) {
    super("file-invalid", `${problem}; ${lowered(next)}`);
    this.problem = problem;
    this.next = next;
    this.what = options?.what;
  }
}

/** The error about a file that is something else than weights. */
export function notWeights(
  file: string,
  { what, next }: { what: string; next: string },
): WeightFileError {
  return new WeightFileError(`${file} is ${what}`, next, { what });
}

/** The error about a file whose header cannot be; `problem` follows the file's name. */
export function invalid(file: string, problem: string): WeightFileError {
  const separator = problem.startsWith("tensor ") ? ": " : " ";
  return new WeightFileError(
    `${file}${separator}${problem}`,
    "Take the file from where it was made, since a cut download does not do this",
  );
}

/** The error about a file that ends too early; `problem` follows the file's name. */
export function cutShort(file: string, problem: string): WeightFileError {
  return new WeightFileError(
    `${file} ${problem}`,
    "Fetch the file again, since its download was cut",
  );
}
