/** `tokenizer_config.json` and `special_tokens_map.json`, as transformers' `CLIPTokenizer` reads them. */

import * as v from "valibot";
import { field, flag, inertFields, only } from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";

type SpecialToken = string | { readonly content: string };

const token = v.optional(field<SpecialToken | null>(
  (value) =>
    value === null || typeof value === "string" && value !== "" ||
    contentOf(value) !== undefined,
  "must be a token, as text or as an object with content",
));

const tokens = {
  bos_token: token,
  eos_token: token,
  pad_token: token,
  unk_token: token,
};

const tokenList = v.optional(field<readonly SpecialToken[] | null>(
  (value) =>
    value === null || Array.isArray(value) &&
      value.every((one) =>
        typeof one === "string" || contentOf(one) !== undefined
      ),
  "must be a list of tokens",
));

const decoder = v.optional(field<Readonly<Record<string, { content: string }>>>(
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.entries(value).every(([id, one]) =>
      isId(Number(id)) && contentOf(one) !== undefined
    ),
  "must be an object of token ids, each with the content of its token",
));

const configEntries = {
  ...tokens,
  tokenizer_class: v.optional(
    only([null, "CLIPTokenizer", "CLIPTokenizerFast"]),
  ),
  model_max_length: v.optional(field<number | null>(
    (value) => value === null || typeof value === "number" && value >= 3,
    "must be a number of at least 3",
  )),
  added_tokens_decoder: decoder,
  additional_special_tokens: tokenList,
  add_prefix_space: v.optional(only([null, false])),
  split_special_tokens: v.optional(only([null, false])),
  padding_side: v.optional(only([null, "right"])),
  truncation_side: v.optional(only([null, "right"])),
  do_lower_case: v.optional(v.nullable(flag)),
  ...inertFields([
    "auto_map",
    "backend",
    "chat_template",
    "clean_up_tokenization_spaces",
    "device_map",
    "errors",
    "extra_special_tokens",
    "is_local",
    "legacy",
    "local_files_only",
    "max_length",
    "merges_file",
    "model_input_names",
    "name_or_path",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "processor_class",
    "special_tokens_map_file",
    "stride",
    "tokenizer_file",
    "torch_dtype",
    "truncation_strategy",
    "use_fast",
    "vocab_file",
    "vocab_size",
  ]),
};

const mapEntries = {
  ...tokens,
  additional_special_tokens: tokenList,
  ...inertFields(["cls_token", "mask_token", "sep_token"]),
};

/** Special tokens and the length of a tokenizer. */
export interface TokenizerSettings {
  /** Token before a text. */
  readonly start: string;
  /** Token after a text. */
  readonly end: string;
  /** Token that fills a text up. */
  readonly pad: string;
  /** Token for what the vocabulary lacks. */
  readonly unknown: string;
  /** Further tokens that stand for themselves, with their ids where the config has them. */
  readonly added: readonly { readonly content: string; readonly id?: number }[];
  /** Most ids of a text; absent: as many as the text encoder has positions. */
  readonly length?: number;
}

/**
 * Checks a tokenizer's config together with its map of special tokens. As in transformers the map
 * counts where both name a token, unless the config lists its added tokens with their ids.
 *
 * @param map Value of `special_tokens_map.json`; `undefined` where there is none.
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseTokenizerConfig(
  config: { readonly value: unknown; readonly place: ConfigPlace },
  map?: { readonly value: unknown; readonly place: ConfigPlace },
): Parsed<TokenizerSettings> {
  const own = parseConfig(configEntries, config.value, config.place);
  const special = map && parseConfig(mapEntries, map.value, map.place);
  const { added_tokens_decoder: ids, model_max_length } = own.config;
  const named = { ...own.config };
  if (ids === undefined && special !== undefined) {
    for (const [key, value] of Object.entries(special.config)) {
      if (value !== undefined) Object.assign(named, { [key]: value });
    }
  }
  const end = textOf(named.eos_token) ?? "<|endoftext|>";
  return {
    config: {
      start: textOf(named.bos_token) ?? "<|startoftext|>",
      end,
      pad: textOf(named.pad_token) ?? end,
      unknown: textOf(named.unk_token) ?? "<|endoftext|>",
      added: [
        ...Object.entries(ids ?? {}).map(([id, one]) => ({
          content: one.content,
          id: Number(id),
        })),
        ...(named.additional_special_tokens ?? []).map((one) => ({
          content: textOf(one)!,
        })),
      ],
      ...(model_max_length == null
        ? {}
        : { length: Math.floor(model_max_length) }),
    },
    warnings: [...own.warnings, ...special?.warnings ?? []],
  };
}

/** Whether a value can be the id of a token. */
export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 &&
    (value as number) < 2 ** 31;
}

function contentOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { content } = value as { content?: unknown };
  return typeof content === "string" && content !== "" ? content : undefined;
}

function textOf(value: SpecialToken | null | undefined): string | undefined {
  return typeof value === "object" && value !== null
    ? value.content
    : value ?? undefined;
}
