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

const notations: readonly Notation[] = [
  {
    found: /<(?:lora|lyco):[^<>]*>/i,
    doubt: () =>
      "is read as words: give the file with { loras } (--lora on the command line)",
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
 * Captions with a notation that has no effect, one sentence each: a LoRA's name, and weights and
 * `BREAK` without the options that read them.
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
