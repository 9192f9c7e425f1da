/** Names of objects, compared word by word. */

/** Words that say nothing of a thing. */
const articles = new Set(["a", "an", "the", "some"]);

/** Words behind which no name has its main noun: `ear of corn`, `bell with slash`. */
const links = new Set(
  ["with", "without", "of", "in", "on", "behind", "and", "over", "to"],
);

/** Words of a name in lower case, without accents, articles and the ends of possessives. */
export function nameWords(name: string): string[] {
  const plain = name.toLowerCase().normalize("NFKD").replaceAll(/\p{M}/gu, "");
  const words = plain.replaceAll(/['’]s\b/g, "").match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => !articles.has(word));
}

/**
 * Whether a guess is a name beyond doubt: the same words, however joined, in singular or plural; or
 * fewer of them, the main noun among them, such as `moon` for `waning gibbous moon`.
 *
 * Guesses with words of their own are for people to judge: a `sea horse` is no `horse`.
 */
export function isSameName(guess: string, name: string): boolean {
  const guessed = nameWords(guess), words = nameWords(name);
  if (guessed.length === 0) return false;
  if (isSameWord(guessed.join(""), words.join(""))) return true;
  const noun = mainNoun(words);
  return guessed.every((one) => includesWord(words, one)) &&
    noun !== undefined && includesWord(guessed, noun);
}

/** Whether two names share a word, so that both may fit one object. */
export function areAlike(a: string, b: string): boolean {
  const words = nameWords(b);
  return nameWords(a).some((word) =>
    !links.has(word) && includesWord(words, word)
  );
}

/** The last word before `with`, `of` and the like. */
function mainNoun(words: readonly string[]): string | undefined {
  const link = words.findIndex((word) => links.has(word));
  return (link < 1 ? words : words.slice(0, link)).at(-1);
}

function includesWord(words: readonly string[], word: string): boolean {
  return words.some((one) => isSameWord(one, word));
}

function isSameWord(a: string, b: string): boolean {
  return a === b || pluralsOf(a).includes(b) || pluralsOf(b).includes(a);
}

function pluralsOf(word: string): string[] {
  return [
    ...[`${word}s`, `${word}es`],
    ...word.endsWith("y") ? [`${word.slice(0, -1)}ies`] : [],
    ...word.endsWith("f") ? [`${word.slice(0, -1)}ves`] : [],
    ...word.endsWith("fe") ? [`${word.slice(0, -2)}ves`] : [],
  ];
}
