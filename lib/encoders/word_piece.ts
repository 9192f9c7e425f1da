import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { firstWords } from "./first_words.ts";
import { LocRefError } from "../core/error.ts";
import { importPackage } from "../core/packages/import_package.ts";

/** BERT's tokenizer, in lower case. */
export interface WordPiece {
  /** Token ids of a text, without special tokens. */
  encode(text: string): number[];
  /** The text of token ids, without special tokens. */
  decode(ids: readonly number[]): string;
}

/**
 * The WordPiece tokenizer of a folder with `vocab.txt`, or with the `tokenizer.json` that newer
 * repositories hold.
 *
 * @throws {LocRefError} `file-missing` if both are missing.
 */
export async function loadWordPiece(folder: string): Promise<WordPiece> {
  const { Tokenizer } = await importPackage("tokenizers");
  const definition = await readDefinition(folder);
  const tokenizer = new Tokenizer(definition, {
    tokenizer_class: "BertTokenizer",
  });
  return {
    encode: (text) =>
      tokenizer.encode(firstWords(text), { add_special_tokens: false }).ids.map(
        Number,
      ),
    decode: (ids) =>
      tokenizer.decode([...ids], { skip_special_tokens: true }).trim(),
  };
}

async function readDefinition(folder: string): Promise<object> {
  const lines = await readFile(join(folder, "vocab.txt"), "utf8").catch(() =>
    undefined
  );
  if (lines !== undefined) {
    return definitionOf(lines.split("\n").map((line) => line.trimEnd()));
  }
  const whole = await readFile(join(folder, "tokenizer.json"), "utf8").catch(
    () => undefined,
  );
  if (whole !== undefined) return JSON.parse(whole);
  const message = `Folder "${folder}" has neither vocab.txt nor tokenizer.json`;
  throw new LocRefError("file-missing", message);
}

/** A token that stands for itself, as `tokenizer.json` holds it. */
export function specialToken(id: number, content: string): object {
  return {
    ...{ id, content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  };
}

function definitionOf(lines: readonly string[]): object {
  const vocab = Object.fromEntries(
    lines.flatMap((line, id) => line === "" ? [] : [[line, id]]),
  );
  const special = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "[DEC]",
    "[ENC]",
  ];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.filter((content) => Object.hasOwn(vocab, content))
      .map((content) => specialToken(vocab[content]!, content)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
