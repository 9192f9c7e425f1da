import { commandLine } from "./command_line.ts";

/**
 * A line that says what to do next, with a command that can be typed as it stands.
 *
 * @param what What the command is for, as the middle of a sentence.
 * @param words The command and its arguments; `undefined` ones are left out.
 */
export function nextCommand(
  what: string,
  words: readonly (string | undefined)[],
): string {
  const typed = words.filter((word) => word !== undefined).map(shellWord);
  return `Next, ${what}: ${commandLine(typed.join(" "))}`;
}

/** A word as a shell takes it, in quotes where it has to be. */
function shellWord(word: string): string {
  return /^[\w./:@%+=,~-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
