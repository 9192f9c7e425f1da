import type { Tokenizer } from "@huggingface/tokenizers";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { firstWords } from "./first_words.ts";
import { specialToken } from "./word_piece.ts";
import { quote } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { importPackage } from "../core/packages/import_package.ts";
import type { Parsed } from "../weights/configs/parse_config.ts";
import {
  readConfigFile,
  vocabularyLimit,
} from "../weights/configs/read_config_file.ts";
import {
  parseTokenizerConfig,
  type TokenizerSettings,
} from "../weights/configs/tokenizer_config.ts";
import {
  mergeWarnings,
  readVocabulary,
  type Vocabulary,
} from "../weights/configs/tokenizer_files.ts";

/** A caption as the text encoder takes it. */
export interface EncodedText {
  /** Token ids, padded to the encoder's number of positions. */
  readonly ids: Int32Array;
  /** The end of the caption, where it had to be cut to fit. */
  readonly cut?: string;
}

/** Turns captions into token ids of a fixed number. */
export interface ClipTokenizer {
  /** Number of ids of every encoded text, start and end included. */
  readonly length: number;
  /** Id of the token that ends a text. */
  readonly end: number;
  /** Keys of its settings that are not known, each as a sentence. */
  readonly warnings: readonly string[];
  /** Whether a word is one token by itself, in the form that captions have it. */
  isWord(word: string): boolean;
  /** Encodes one caption. */
  encode(text: string): EncodedText;
  /** Token ids of a text alone, however many, without start, end and padding. */
  tokens(text: string): number[];
  /** The text of token ids. */
  decode(ids: readonly number[]): string;
}

/** Options of {@linkcode loadClipTokenizer}: the sizes of the text encoder that reads the ids. */
export interface LoadTokenizerOptions {
  /** Number of token positions, all of which are filled. @default up to 77, as the folder says */
  positions?: number;
  /** Number of token ids. @default any */
  vocabulary?: number;
}

/**
 * The CLIP tokenizer of a `tokenizer` folder in Hugging Face layout: `vocab.json` and `merges.txt`,
 * or `tokenizer.json` alone; with `tokenizer_config.json`, `special_tokens_map.json` and
 * `added_tokens.json` where they are.
 *
 * @throws {LocRefError} if a file is missing or broken, or if the text encoder does not fit.
 */
export async function loadClipTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<ClipTokenizer> {
  const words = await readVocabulary(folder);
  const { config, warnings } = await readSettings(folder);
  const added = addedTokens(words, config.added);
  const special = (content: string): Token => {
    const id = added.get(content) ?? idOf(words, content);
    if (id !== undefined) return { id, content };
    throw new LocRefError(
      "file-invalid",
      `File "${words.file}" has no token ${
        quote(content)
      }, which a special token is`,
    );
  };
  const start = special(config.start), end = special(config.end);
  const pad = special(config.pad), unknown = special(config.unknown);
  for (const { id, content } of [start, end, pad, unknown]) {
    added.set(content, id);
  }
  checkVocabulary(words, added, options.vocabulary);
  const length = textLength(folder, config.length, options.positions);
  const tokenizer = await buildTokenizer(words, added, unknown);
  const tokens = (text: string) => {
    const options = { add_special_tokens: false };
    return tokenizer.encode(firstWords(text), options).ids.map(Number);
  };
  return {
    length,
    end: end.id,
    warnings: [
      ...warnings,
      ...mergeWarnings(words, new Set(added.keys())),
    ],
    isWord(word) {
      const { ids } = tokenizer.encode(word, { add_special_tokens: false });
      return ids.length === 1 && ids[0] !== unknown.id;
    },
    tokens,
    decode: (ids) => tokenizer.decode([...ids]).trim(),
    encode(text) {
      const ids = tokens(text);
      const kept = ids.slice(0, length - 2);
      const padded = new Int32Array(length).fill(pad.id);
      padded.set([start.id, ...kept, end.id]);
      const rest = ids.slice(length - 2);
      return rest.length === 0
        ? { ids: padded }
        : { ids: padded, cut: tokenizer.decode(rest).trim() };
    },
  };
}

interface Token {
  readonly id: number;
  readonly content: string;
}

/** Settings of the folder's two small files, of which either may be missing. */
async function readSettings(
  folder: string,
): Promise<Parsed<TokenizerSettings>> {
  const [config, map] = await Promise.all(
    ["tokenizer_config.json", "special_tokens_map.json"].map(async (name) => {
      const file = join(folder, name);
      const there = existsSync(file);
      const value = there ? await readConfigFile(file, vocabularyLimit) : {};
      return { there, value, place: { file } };
    }),
  );
  return parseTokenizerConfig(config!, map!.there ? map! : undefined);
}

/** Ids of the tokens that stand for themselves. */
function addedTokens(
  words: Vocabulary,
  named: TokenizerSettings["added"],
): Map<string, number> {
  const added = new Map(words.added.map(({ content, id }) => [content, id]));
  for (
    const { content, id = added.get(content) ?? idOf(words, content) } of named
  ) {
    if (id !== undefined) added.set(content, id);
  }
  return added;
}

function idOf({ ids }: Vocabulary, content: string): number | undefined {
  return Object.hasOwn(ids, content) ? ids[content] : undefined;
}

/** Every id must be a row of the text encoder's table. */
function checkVocabulary(
  words: Vocabulary,
  added: ReadonlyMap<string, number>,
  rows: number | undefined,
): void {
  if (rows === undefined) return;
  for (const [token, id] of [...Object.entries(words.ids), ...added]) {
    if (id < rows) continue;
    throw new LocRefError(
      "checkpoint-mismatch",
      `File "${words.file}" has id ${id} for token ${
        quote(token)
      }, but the text encoder knows ids below ${rows}, its "vocab_size"`,
    );
  }
}

/** Number of ids of a text: all positions of the text encoder must be filled. */
function textLength(
  folder: string,
  longest: number | undefined,
  positions: number | undefined,
): number {
  if (positions === undefined) return Math.min(longest ?? 77, 77);
  if (longest === undefined || longest >= positions) return positions;
  throw new LocRefError(
    "checkpoint-mismatch",
    `File "${
      join(folder, "tokenizer_config.json")
    }": key "model_max_length" must be at least ${positions}, the "max_position_embeddings" of the text encoder, got ${longest}`,
  );
}

/** The pattern of CLIP's byte-pair encoding (Radford et al. 2021, reference code). */
const wordPattern =
  "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

async function buildTokenizer(
  words: Vocabulary,
  added: ReadonlyMap<string, number>,
  unknown: Token,
): Promise<Tokenizer> {
  const library = await importPackage("tokenizers");
  const added_tokens = [...added]
    .map(([content, id]) => specialToken(id, content));
  const config = { tokenizer_class: "CLIPTokenizer", model_max_length: 77 };
  return new library.Tokenizer(
    { ...clipDefinition(words, unknown), added_tokens },
    config,
  );
}

/** CLIP's byte-pair encoding, as a `tokenizer.json` says it. */
function clipDefinition(words: Vocabulary, unknown: Token) {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: wordPattern },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: unknown.content,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab: words.ids,
      merges: words.merges,
    },
  };
}
