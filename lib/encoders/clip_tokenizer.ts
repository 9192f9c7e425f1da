import type { Tokenizer } from "@huggingface/tokenizers";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../error.ts";
import { importPackage } from "../core/packages/import_package.ts";
import { readJson } from "../read_json.ts";

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
  /** Encodes one caption. */
  encode(text: string): EncodedText;
}

interface TokenizerConfig {
  readonly model_max_length?: number;
  readonly bos_token?: SpecialToken;
  readonly eos_token?: SpecialToken;
  readonly pad_token?: SpecialToken;
}

type SpecialToken = string | { readonly content: string };

/**
 * The CLIP tokenizer of a `tokenizer` folder in Hugging Face layout (`vocab.json`, `merges.txt`,
 * `tokenizer_config.json`).
 *
 * @throws {LocRefError} if a file is missing or a special token is not in the vocabulary.
 */
export async function loadClipTokenizer(
  folder: string,
): Promise<ClipTokenizer> {
  const vocab = await readJson<Record<string, number>>(
    join(folder, "vocab.json"),
  );
  const config = await readJson<TokenizerConfig>(
    join(folder, "tokenizer_config.json"),
  );
  const merges = (await readFile(join(folder, "merges.txt"), "utf8")).split(
    "\n",
  )
    .filter((line, i) =>
      line !== "" && !(i === 0 && line.startsWith("#version"))
    );
  const start = specialId(vocab, config.bos_token ?? "<|startoftext|>", folder);
  const end = specialId(vocab, config.eos_token ?? "<|endoftext|>", folder);
  const pad = specialId(
    vocab,
    config.pad_token ?? config.eos_token ?? "<|endoftext|>",
    folder,
  ).id;
  const length = Math.min(config.model_max_length ?? 77, 77);
  const tokenizer = await buildTokenizer(vocab, merges, { start, end });
  return {
    length,
    end: end.id,
    encode(text) {
      const { ids } = tokenizer.encode(text, { add_special_tokens: false });
      const kept = ids.slice(0, length - 2);
      const padded = new Int32Array(length).fill(pad);
      padded.set([start.id, ...kept, end.id].map(Number));
      const rest = ids.slice(length - 2);
      return rest.length === 0
        ? { ids: padded }
        : { ids: padded, cut: tokenizer.decode(rest).trim() };
    },
  };
}

interface Special {
  readonly id: number;
  readonly content: string;
}

function specialId(
  vocab: Record<string, number>,
  token: SpecialToken,
  folder: string,
): Special {
  const content = typeof token === "string" ? token : token.content;
  const id = vocab[content];
  if (id === undefined) {
    const message =
      `Tokenizer "${folder}" has no token "${content}" in its vocab.json`;
    throw new LocRefError("file-invalid", message);
  }
  return { id, content };
}

/** The pattern of CLIP's byte-pair encoding (Radford et al. 2021, reference code). */
const wordPattern =
  "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

async function buildTokenizer(
  vocab: Record<string, number>,
  merges: readonly string[],
  special: { start: Special; end: Special },
): Promise<Tokenizer> {
  const library = await importPackage("tokenizers");
  const added = [special.start, special.end].map(({ id, content }) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const definition = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
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
      unk_token: special.end.content,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
  const config = { tokenizer_class: "CLIPTokenizer", model_max_length: 77 };
  return new library.Tokenizer(definition, config);
}
