/** Vocabulary and merges of a byte-pair tokenizer, in either layout of transformers. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { checkObject, invalid } from "./parse_config.ts";
import {
  checkSettingsFile,
  readConfigFile,
  vocabularyLimit,
} from "./read_config_file.ts";
import { unpackMerges, vocabularyOf } from "./merges_vocabulary.ts";
import { isId } from "./tokenizer_config.ts";

/** Everything that a byte-pair tokenizer knows of words. */
export interface Vocabulary {
  /** Id of each token. */
  readonly ids: Readonly<Record<string, number>>;
  /** Pairs that are joined, first come first, each with a space between its halves. */
  readonly merges: readonly string[];
  /** Tokens beyond the vocabulary that stand for themselves, such as those of textual inversion. */
  readonly added: readonly { readonly content: string; readonly id: number }[];
  /** The file that has the ids, for messages. */
  readonly file: string;
}

/**
 * Reads `vocab.json` and `merges.txt`, or `tokenizer.json` where those are missing, which is all
 * that transformers 5 writes; and `added_tokens.json` where there is one.
 *
 * @throws {LocRefError} `file-missing`, `file-invalid` or `config-invalid`, naming the file.
 */
export async function readVocabulary(folder: string): Promise<Vocabulary> {
  const [vocab, merges, whole, added] = [
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "added_tokens.json",
  ].map((name) => join(folder, name)) as [string, string, string, string];
  const split = existsSync(vocab) && existsSync(merges);
  // two tokenizers of this package share their merges
  const packed = [folder, dirname(folder)].map((one) => join(one, "merges.br"))
    .find((path) => existsSync(path));
  if (!split && !existsSync(whole)) {
    if (packed !== undefined) return await readPacked(packed);
    const lacking = [vocab, merges].filter((path) => !existsSync(path));
    throw new LocRefError(
      "file-missing",
      `File "${
        lacking[0]
      }" is missing, and so is tokenizer.json, which could stand in its place`,
    );
  }
  const found = split
    ? await readTwoFiles(vocab, merges)
    : await readWholeFile(whole);
  if (!existsSync(added)) return found;
  const more = checkIds(await readConfigFile(added, vocabularyLimit), added);
  const tokens = Object.entries(more).map(([content, id]) => ({ content, id }));
  return { ...found, added: [...found.added, ...tokens] };
}

async function readPacked(file: string): Promise<Vocabulary> {
  const merges = unpackMerges(await readFile(file));
  return { ids: vocabularyOf(merges), merges, added: [], file };
}

async function readTwoFiles(
  vocab: string,
  merges: string,
): Promise<Vocabulary> {
  const ids = checkIds(await readConfigFile(vocab, vocabularyLimit), vocab);
  await checkSettingsFile(merges, vocabularyLimit);
  const text = await readFile(merges, "utf8").catch((cause) => {
    throw new LocRefError("file-missing", `File "${merges}" cannot be read`, {
      cause,
    });
  });
  return { ids, merges: mergeLines(text, merges), added: [], file: vocab };
}

/** The merges of a `merges.txt`, whose lines end in LF, CR LF or CR, with or without a byte order mark. */
function mergeLines(text: string, file: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const from = lines[0]!.startsWith("#version") ? 1 : 0;
  const merges: string[] = [];
  for (let i = from; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === "") continue;
    if (!isPair(line.split(" "))) {
      throw invalid(file, [
        `line ${i + 1} must hold two pieces of a word, got ${quote(line)}`,
      ]);
    }
    merges.push(line);
  }
  return merges;
}

async function readWholeFile(file: string): Promise<Vocabulary> {
  const value = await readConfigFile(file, vocabularyLimit);
  checkObject(value, { file });
  const { model, added_tokens: added = [] } = value;
  checkObject(model, { file, at: "model" });
  const wanted = { type: "BPE", end_of_word_suffix: "</w>" } as const;
  for (const [key, allowed] of Object.entries(wanted)) {
    const given = model[key] ?? allowed;
    if (given === allowed) continue;
    throw invalid(file, [
      `key "model.${key}" must be "${allowed}", as CLIP has it, got ${
        quote(given)
      }`,
    ]);
  }
  const ids = checkIds(model.vocab, file, "model.vocab");
  return {
    ids,
    merges: mergePairs(model.merges, file),
    added: addedTokens(added, file),
    file,
  };
}

/** Merges as lists of two, which newer files have, or as lines. */
function mergePairs(merges: unknown, file: string): string[] {
  if (!Array.isArray(merges)) {
    throw invalid(file, [
      `key "model.merges" must be a list, got ${quote(merges)}`,
    ]);
  }
  return merges.map((merge: unknown, i) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (Array.isArray(pair) && isPair(pair)) return pair.join(" ");
    throw invalid(file, [
      `key "model.merges[${i}]" must hold two pieces of a word, got ${
        quote(merge)
      }`,
    ]);
  });
}

function isPair(pair: readonly unknown[]): boolean {
  return pair.length === 2 &&
    pair.every((half) =>
      typeof half === "string" && half !== "" && !half.includes(" ")
    );
}

function addedTokens(
  tokens: unknown,
  file: string,
): { content: string; id: number }[] {
  if (!Array.isArray(tokens)) {
    throw invalid(file, [
      `key "added_tokens" must be a list, got ${quote(tokens)}`,
    ]);
  }
  return tokens.map((one: unknown, i) => {
    const { id, content } = (one ?? {}) as { id?: unknown; content?: unknown };
    if (isId(id) && typeof content === "string" && content !== "") {
      return { id, content };
    }
    throw invalid(file, [
      `key "added_tokens[${i}]" must have an id and a content, got ${
        quote(one)
      }`,
    ]);
  });
}

function checkIds(
  value: unknown,
  file: string,
  at?: string,
): Record<string, number> {
  checkObject(value, { file, at });
  for (const [token, id] of Object.entries(value)) {
    if (isId(id)) continue;
    throw invalid(file, [
      `token ${quote(token)} must have a whole number from 0 as its id, got ${
        quote(id)
      }`,
    ]);
  }
  return value as Record<string, number>;
}

/**
 * The gaps of a cut list of merges: tokens of the vocabulary that no merge makes, so that words
 * fall into other tokens than the model was trained with.
 *
 * @param added Tokens that stand for themselves.
 */
export function mergeWarnings(
  { ids, merges, file }: Vocabulary,
  added: ReadonlySet<string>,
): string[] {
  const made = new Set(merges.map((merge) => merge.replace(" ", "")));
  const joined = Object.keys(ids).filter((token) =>
    !added.has(token) && hasSeveralLetters(token)
  );
  const lost = joined.filter((token) => !made.has(token)).length;
  if (lost * 10 < joined.length || lost === 0) return [];
  return [
    `File "${file}": ${lost} of ${joined.length} tokens of several letters are made by none of the ${merges.length} merges, so captions may be read wrongly: is the list of merges whole?`,
  ];
}

/** Letters beyond 16 bits count once, the end of a word not at all. */
function hasSeveralLetters(token: string): boolean {
  const end = token.endsWith("</w>") ? token.length - 4 : token.length;
  return end > (token.codePointAt(0)! > 0xffff ? 2 : 1);
}
