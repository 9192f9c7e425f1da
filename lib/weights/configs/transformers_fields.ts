/** Keys that every config of transformers may hold (4.57, 5.24) and that change nothing here. */

import * as v from "valibot";
import { field, inertFields, only } from "./model_fields.ts";
import type { Misfit } from "./parse_config.ts";

/** Keys of `PretrainedConfig` that matter to generation, training, or loading alone. */
const generalKeys = [
  "add_cross_attention",
  "architectures",
  "attn_implementation",
  "bad_words_ids",
  "begin_suppress_tokens",
  "bos_token_id",
  "chunk_size_feed_forward",
  "cross_attention_hidden_size",
  "decoder_start_token_id",
  "diversity_penalty",
  "do_sample",
  "dtype",
  "early_stopping",
  "encoder_no_repeat_ngram_size",
  "eos_token_id",
  "exponential_decay_length_penalty",
  "finetuning_task",
  "forced_bos_token_id",
  "forced_eos_token_id",
  "gradient_checkpointing",
  "id2label",
  "initializer_factor",
  "initializer_range",
  "is_decoder",
  "is_encoder_decoder",
  "label2id",
  "length_penalty",
  "max_length",
  "min_length",
  "no_repeat_ngram_size",
  "num_beam_groups",
  "num_beams",
  "num_labels",
  "num_return_sequences",
  "output_attentions",
  "output_hidden_states",
  "output_scores",
  "pad_token_id",
  "prefix",
  "problem_type",
  "remove_invalid_values",
  "repetition_penalty",
  "return_dict",
  "return_dict_in_generate",
  "sep_token_id",
  "suppress_tokens",
  "task_specific_params",
  "temperature",
  "tf_legacy_loss",
  "tie_encoder_decoder",
  "tie_word_embeddings",
  "tokenizer_class",
  "top_k",
  "top_p",
  "torch_dtype",
  "torchscript",
  "transformers_version",
  "typical_p",
  "use_bfloat16",
  "use_cache",
] as const;

const noHeads = field<object | null>(
  (value) =>
    value === null ||
    typeof value === "object" && Object.keys(value).length === 0,
  "must be empty (heads cannot be left out here)",
);

/** Keys of `PretrainedConfig` that would make another model. */
export const generalFields = {
  pruned_heads: v.optional(noHeads),
  quantization_config: v.optional(only([null])),
  ...inertFields(generalKeys),
};

/** Heads share the width evenly. */
export function headsMisfit(
  config: {
    readonly hidden_size: number;
    readonly num_attention_heads: number;
  },
): Misfit[] {
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (width % heads === 0) return [];
  const rule = `must divide hidden_size, which is ${width}`;
  return [{ key: "num_attention_heads", value: heads, rule }];
}

/** Patches cover the picture. */
export function patchMisfit(
  config: { readonly image_size: number; readonly patch_size: number },
): Misfit[] {
  const { image_size: side, patch_size: patch } = config;
  if (side % patch === 0) return [];
  const rule = `must divide image_size, which is ${side}`;
  return [{ key: "patch_size", value: patch, rule }];
}
