import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { nameWords } from "./names.ts";

/** Whether somebody judged that a guess means a name. */
export type Judge = (guess: string, name: string) => boolean;

/**
 * Reads pairs that somebody judged right, `guess = name`, one a line.
 *
 * @param file its name, for messages.
 * @throws {LocRefError} `file-invalid` naming the first line of another form.
 */
export function parseJudged(text: string, file: string): Judge {
  const pairs = new Set<string>();
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, guess, name] = /^(.+?)\s*=\s*([^=]+)$/.exec(line.trim()) ?? [];
    if (guess === undefined) {
      throw new LocRefError(
        "file-invalid",
        `Line ${i + 1} of ${file} is ${
          quote(line.trim())
        }, allowed are "GUESS = NAME" and empty lines`,
      );
    }
    pairs.add(pairOf(guess, name!));
  }
  return (guess, name) => pairs.has(pairOf(guess, name));
}

function pairOf(guess: string, name: string): string {
  return `${nameWords(guess).join(" ")} = ${nameWords(name).join(" ")}`;
}
