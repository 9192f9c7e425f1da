import { shorten } from "../../core/quote.ts";
import { WeightFileError } from "../weight_file_error.ts";

/** Longest name of a class in a message. */
const longestName = 120;

/** The error about a checkpoint that cannot be right; `problem` follows the file's name. */
export function damagedPickle(file: string, problem: string): WeightFileError {
  return new WeightFileError(
    `${file} cannot be read as a PyTorch checkpoint: ${problem}`,
    "Fetch the file anew, or take it from another place",
  );
}

/** The error about a checkpoint that exceeds a limit. */
export function tooLargePickle(file: string, problem: string): WeightFileError {
  return new WeightFileError(
    `${file} cannot be read as a PyTorch checkpoint: ${problem}`,
    "Take the weights from another place, since no checkpoint needs as much",
  );
}

/** The error about a checkpoint that calls something when Python opens it. */
export function callingPickle(
  file: string,
  name: string,
  skippable: boolean,
): WeightFileError {
  return new WeightFileError(
    `${file} is refused: opening it in Python calls ${
      shorten(name, longestName)
    }, which is no maker of tensors, and nothing was called here`,
    skippable
      ? "Skip such values with --tensors-only (tensorsOnly), if you know where the file comes from"
      : "Take the weights from another place, since a file of tensors has no need of it",
  );
}
