/** No model reads this many characters of a text. */
const longest = 10_000;

/**
 * The beginning of a text as far as a model can read it: all of up to 10,000 characters. A longer
 * text is cut to its first words, with single spaces.
 *
 * Tokenizers take time and memory for what is cut off afterwards.
 */
export function firstWords(text: string): string {
  if (text.length <= longest) return text;
  const words: string[] = [];
  let length = 0;
  for (const [word] of text.matchAll(/\S{1,10000}/gu)) {
    words.push(word.slice(0, longest - length));
    length += word.length + 1;
    if (length >= longest) break;
  }
  return words.join(" ");
}
