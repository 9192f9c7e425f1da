import { quote } from "../../core/quote.ts";
import type { ConditionOptions } from "../options/condition_options.ts";

/** The options by which captions are read. */
type Reading = Pick<ConditionOptions, "captionWeights" | "longCaptions">;

/** A notation that people know from other programs. */
interface Notation {
  readonly found: RegExp;
  /** Says what becomes of it where it has no effect. */
  doubt(reading: Reading): string | undefined;
}

function unweighted({ captionWeights }: Reading): string | undefined {
  if (captionWeights !== undefined) return undefined;
  return "is read as words: give captionWeights (--caption-weights), which reads it";
}

function inversion(): string {
  return "is read as words: textual inversions are not read, place a reference picture with the caption";
}

/** Names by which people call textual inversions that many have on their disks. */
const popularInversions =
  /\b(?:easynegative|bad-?hands?[-_ ]?v?\d|ng_deepnegative|verybadimagenegative|fastnegative|bad_prompt|bad-artist|bad_pictures|unaestheticxl|negativexl)\w*/i;

const notations: readonly Notation[] = [
  {
    found: /<(?:lora|lyco):[^<>]*>/i,
    doubt: () =>
      "is read as words: give the file with { loras } (--lora on the command line)",
  },
  {
    found: /\bembedding:[^\s,()]+/i,
    doubt: inversion,
  },
  {
    found: popularInversions,
    doubt: inversion,
  },
  {
    found: /\[[^[\]:]*:[^[\]:]*:\s*(?:\d+(?:\.\d*)?|\.\d+)\s*\]/,
    doubt: () => "is read as words: a caption is the same in every step",
  },
  {
    found: /\[[^[\]|]+(?:\|[^[\]|]+)+\]/,
    doubt: () => "is read as words: a caption is the same in every step",
  },
  {
    // where the whole is not in capitals
    found: /(?<=\p{Ll}.*)\bAND\b|\bAND\b(?=.*\p{Ll})/su,
    doubt: () =>
      "is read as a word: captions are not composed, place instances with captions of their own",
  },
  {
    found: /\{[^{}|]+(?:\|[^{}|]+)+\}|\b__[\w/-]+?__/,
    doubt: () =>
      "is read as words: nothing is chosen for it, write a caption for each picture",
  },
  {
    found: /\([^()]*[^()\d\s]\s*:\s*[+-]?(?:\d(?:\.\d*)?|\.\d+)\s*\)/,
    doubt: unweighted,
  },
  {
    found: /\bBREAK\b/,
    doubt: (reading) =>
      unweighted(reading) ??
        (reading.longCaptions
          ? undefined
          : "begins no other row: give longCaptions (--long-captions)"),
  },
];

/**
 * Captions with a notation that has no effect, one sentence each: names of LoRAs and of textual
 * inversions, words that other programs exchange, and weights and `BREAK` without the options that
 * read them.
 *
 * @param names how messages call each text.
 */
export function notationWarnings(
  texts: readonly string[],
  names: readonly string[],
  reading: Reading,
): string[] {
  return texts.flatMap((text, i) =>
    notations.flatMap(({ found, doubt }) => {
      const part = found.exec(text)?.[0];
      const what = part === undefined ? undefined : doubt(reading);
      return what === undefined ? [] : [`${names[i]}: ${quote(part)} ${what}`];
    })
  );
}
