/** Patterns of grounds, in the words of captions and of readers. */

/** Beginnings of the words that readers use for each pattern. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  plain: ["plain", "solid", "uniform", "none"],
  striped: ["strip"],
  checked: ["check", "cheque"],
  dotted: ["dot", "polka"],
  speckled: ["speck"],
};

/** Names of the patterns, that of none first. */
export const patternNames: readonly string[] = Object.keys(beginnings);

/** The pattern that a caption's words for a ground name. */
export function groundPattern(words: string): string {
  return patternsIn(words)[0] ?? "plain";
}

/** Every pattern that a text names. */
export function patternsIn(text: string): string[] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return patternNames.filter((name) =>
    words.some((word) =>
      beginnings[name]!.some((start) => word.startsWith(start))
    )
  );
}
