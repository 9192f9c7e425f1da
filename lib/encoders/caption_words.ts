import { firstWords } from "./first_words.ts";

/** Words of a caption that carry meaning: letters of any script, and pictures such as emojis. */
const word = /[\p{L}\p{M}]+|\p{Extended_Pictographic}/gu;

/** Shorter words of Latin letters say little by themselves. */
const shortest = 3;

/**
 * The words of a caption that a model does not know, if they are more than half of its words;
 * otherwise none.
 *
 * @param isKnown whether a word, in lower case, is known.
 */
export function unknownWords(
  caption: string,
  isKnown: (word: string) => boolean,
): string[] {
  const words = new Set(firstWords(caption).toLowerCase().match(word));
  const telling = [...words].filter((one) =>
    one.length >= shortest || /[^\p{Script=Latin}]/u.test(one)
  );
  const unknown = telling.filter((one) => !isKnown(one));
  return unknown.length * 2 > telling.length ? unknown : [];
}
