/** Replies compared with the key, and counted. */

import { isChosen, type Replies } from "./replies.ts";
import type { Judge } from "./judged.ts";
import type { NamingKey } from "./naming_key.ts";
import { isSameName } from "./names.ts";
import { patternsIn } from "./patterns.ts";

/** Things that are counted. `plain` are grounds without a pattern. */
export const countNames = [
  "names",
  "choices",
  "references",
  "patterns",
  "plain",
] as const;

type CountName = typeof countNames[number];

/** How many are right. */
export interface Count {
  readonly right: number;
  readonly of: number;
  /** How many of the right ones somebody judged. */
  readonly judged: number;
  /** Labels without a reply, which count as wrong. */
  readonly missing: readonly string[];
}

/** Counts of one reader. */
export type Counts = Readonly<Record<CountName, Count>>;

/** A free name that nobody judged yet, which counts as wrong. */
export interface OpenName {
  readonly label: string;
  readonly name: string;
  readonly guess: string;
}

/** Counts of all scenes and of those of each size, and what is to be judged. */
export interface CountedReplies {
  readonly all: Counts;
  /** By size in pixels, such as `160x120`. */
  readonly sizes: Readonly<Record<string, Counts>>;
  readonly toBeJudged: readonly OpenName[];
}

/** One reply and whether it is right. */
interface Mark {
  readonly kind: CountName;
  readonly size: string;
  readonly label: string;
  readonly result: "right" | "judged" | "wrong" | "missing";
}

/** Counts the replies of a reader. */
export function countReplies(
  key: NamingKey,
  replies: Replies,
  judge: Judge,
): CountedReplies {
  const marks = [
    ...markObjects(key, replies, judge),
    ...markReferences(key, replies),
    ...markGrounds(key, replies),
  ];
  const sizes = [...new Set(key.scenes.map(({ size }) => size))];
  const wrong = new Set(
    marks.filter(({ kind, result }) => kind === "names" && result === "wrong")
      .map(({ label }) => label),
  );
  return {
    all: tally(marks),
    sizes: Object.fromEntries(
      sizes.map((
        size,
      ) => [size, tally(marks.filter((one) => one.size === size))]),
    ),
    toBeJudged: key.scenes.flatMap(({ objects }) => objects)
      .filter(({ label }) => wrong.has(label))
      .map(({ label, name }) => ({
        ...{ label, name },
        guess: replies.names.get(label)!,
      })),
  };
}

function tally(marks: readonly Mark[]): Counts {
  const count = (kind: CountName): Count => {
    const own = marks.filter((one) => one.kind === kind);
    const having = (result: Mark["result"]) =>
      own.filter((one) => one.result === result);
    const judged = having("judged").length;
    return {
      right: having("right").length + judged,
      of: own.length,
      judged,
      missing: having("missing").map(({ label }) => label),
    };
  };
  return Object.fromEntries(
    countNames.map((name) => [name, count(name)]),
  ) as Counts;
}

/** The result of a reply that may be missing. */
function resultOf(
  said: string | undefined,
  isRight: (said: string) => boolean,
): Mark["result"] {
  if (said === undefined) return "missing";
  return isRight(said) ? "right" : "wrong";
}

function markObjects(
  { scenes }: NamingKey,
  { names, choices }: Replies,
  judge: Judge,
): Mark[] {
  return scenes.flatMap(({ size, objects }) =>
    objects.flatMap(({ label, name }): Mark[] => {
      const guess = names.get(label);
      const result = resultOf(guess, (said) => isSameName(said, name));
      const isJudged = result === "wrong" && judge(guess!, name);
      return [
        {
          ...{ kind: "names", size, label },
          result: isJudged ? "judged" : result,
        },
        {
          ...{ kind: "choices", size, label },
          result: resultOf(choices.get(label), (said) => isChosen(said, name)),
        },
      ];
    })
  );
}

/** References of the same object, which occurs twice on a sheet, count for each other. */
function markReferences(
  { scenes, references }: NamingKey,
  replies: Replies,
): Mark[] {
  const objects = new Map(
    scenes.flatMap(({ sheet, size, objects }) =>
      objects.map(({ label, name }) => [label, { name, sheet, size }])
    ),
  );
  return references.map(({ label, object }): Mark => {
    const { name, sheet, size } = objects.get(object)!;
    const result = resultOf(replies.references.get(label), (said) => {
      const other = objects.get(said)!;
      return other.name === name && other.sheet === sheet;
    });
    return { kind: "references", size, label, result };
  });
}

/** A ground is right where its pattern is the only one that is named; plain ones need no word for it. */
function markGrounds({ scenes }: NamingKey, { grounds }: Replies): Mark[] {
  return scenes.map(({ scene, size, pattern }): Mark => {
    const label = `${scene}`;
    const result = resultOf(grounds.get(label), (said) => {
      const named = patternsIn(said);
      if (named.length === 0) return pattern === "plain";
      return named.length === 1 && named[0] === pattern;
    });
    const kind = pattern === "plain" ? "plain" : "patterns";
    return { kind, size, label, result };
  });
}
