/** Replies of one reader, line by line. */

import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { NamingKey } from "./naming_key.ts";
import { nameWords } from "./names.ts";

/** The replies of a reader by label; those that are missing are absent. */
export interface Replies {
  /** Free names by object. */
  readonly names: ReadonlyMap<string, string>;
  /** Chosen names by object. */
  readonly choices: ReadonlyMap<string, string>;
  /** Labels of objects by reference. */
  readonly references: ReadonlyMap<string, string>;
  /** Words of grounds by scene. */
  readonly grounds: ReadonlyMap<string, string>;
}

type Kind = keyof Replies;

/** Forms of lines: a label, and what is said of it. */
const forms: readonly (readonly [Kind, RegExp])[] = [
  ["names", /^(\d+\.\d+)\s*:\s*(.+)$/],
  ["choices", /^choice\s+(\d+\.\d+)\s*:\s*(.+)$/],
  ["references", /^reference\s+(\d+\.R\d+)\s*:\s*(.+)$/],
  ["grounds", /^ground\s+(\d+)\s*:\s*(.+)$/],
];

const allowed =
  `"1.2: NAME", "choice 1.2: NAME", "reference 1.R3: 1.2", "ground 4: WORDS" and empty lines`;

/** A reader's mark for a thing that is not known. */
const unknown = "?";

/**
 * Reads replies.
 *
 * @param name the file's name, for messages.
 * @throws {LocRefError} `file-invalid` naming the first line of another form, or one that the sheets
 * do not go with.
 */
export function parseReplies(
  text: string,
  { key, name }: { readonly key: NamingKey; readonly name: string },
): Replies {
  const replies = {
    names: new Map<string, string>(),
    choices: new Map<string, string>(),
    references: new Map<string, string>(),
    grounds: new Map<string, string>(),
  };
  const check = checker(key);
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const fail = (reason: string) =>
      new LocRefError("file-invalid", `Line ${i + 1} of ${name} ${reason}`);
    const [kind, label, said] = parseLine(line.trim()) ?? [];
    if (kind === undefined) {
      throw fail(`is ${quote(line.trim())}, allowed are ${allowed}`);
    }
    if (replies[kind].has(label!)) {
      throw fail(`is ${quote(line.trim())}, which an earlier line says too`);
    }
    const wrong = check(kind, label!, said!);
    if (wrong !== undefined) throw fail(wrong);
    replies[kind].set(label!, said!);
  }
  for (const kind of Object.values(replies)) {
    for (const [label, said] of kind) if (said === unknown) kind.delete(label);
  }
  return replies;
}

function parseLine(line: string): [Kind, string, string] | undefined {
  for (const [kind, form] of forms) {
    const [, label, said] = form.exec(line) ?? [];
    if (label !== undefined) return [kind, label, said!];
  }
  return undefined;
}

/** Why a line does not go with the sheets of a key, or `undefined` if it does. */
function checker(key: NamingKey) {
  const objects = key.scenes.flatMap((one) => one.objects);
  const choices = new Map(objects.map((one) => [one.label, one.choices]));
  const labels: Readonly<Record<Kind, ReadonlySet<string>>> = {
    names: new Set(choices.keys()),
    choices: new Set(choices.keys()),
    references: new Set(key.references.map(({ label }) => label)),
    grounds: new Set(key.scenes.map(({ scene }) => `${scene}`)),
  };
  return (kind: Kind, label: string, said: string): string | undefined => {
    if (!labels[kind].has(label)) {
      return `names ${quote(label)}, which the sheets do not have`;
    }
    if (said === unknown) return undefined;
    if (kind === "references" && !choices.has(said)) {
      return `names object ${quote(said)}, which the sheets do not have`;
    }
    const four = choices.get(label)!;
    if (kind === "choices" && !four.some((one) => isChosen(said, one))) {
      return `chooses ${quote(said)}, allowed are ${four.join(", ")}`;
    }
  };
}

/** Whether a reader chose a name, however its apostrophes and capitals are typed. */
export function isChosen(said: string, name: string): boolean {
  return nameWords(said).join(" ") === nameWords(name).join(" ");
}
