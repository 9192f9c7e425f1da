import { quote } from "../../core/quote.ts";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unknownWords } from "../../encoders/caption_words.ts";
import type { PreparingModel } from "./preparing_model.ts";

/** Words listed in one warning. */
const mostListed = 5;

/** Captions most of whose words the model does not know, one sentence each. */
export async function wordWarnings(
  { parts: { base } }: PreparingModel,
  texts: readonly string[],
  names: readonly string[],
): Promise<string[]> {
  const own = await ownWords(base.folder);
  const isKnown = (word: string) => own.has(word) || base.isWord(word);
  return texts.flatMap((text, i) => {
    const unknown = unknownWords(text, isKnown);
    if (unknown.length === 0) return [];
    const listed = unknown.slice(0, mostListed).map((word) => quote(word));
    const more = unknown.length - listed.length;
    return [
      `${names[i]} is mostly of words that the model's vocabulary lacks (${
        listed.join(", ")
      }${more > 0 ? ` and ${more} more` : ""}), so it will hardly act`,
    ];
  });
}

/** Words that a model was trained with, where its folder lists them in `words.txt`. */
async function ownWords(folder: string): Promise<ReadonlySet<string>> {
  const path = join(folder, "words.txt");
  if (!existsSync(path)) return new Set();
  return new Set((await readFile(path, "utf8")).split(/\r?\n/));
}
