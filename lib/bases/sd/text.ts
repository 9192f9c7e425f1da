import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../../encoders/clip_tokenizer.ts";
import type { Base } from "../base.ts";
import { captionRows } from "../caption_rows.ts";
import type { StableDiffusionParts } from "./stable_diffusion_parts.ts";

/** The text of a Stable Diffusion model: one tokenizer, and the last state of one encoder. */
export function sdText(
  { text, tokenizer: folder }: Pick<
    StableDiffusionParts,
    "text" | "tokenizer"
  >,
): Pick<Base, "openTokenizers" | "isWord" | "textIds" | "encodeText"> {
  let opened: ClipTokenizer | undefined;
  const open = async () =>
    opened ??= await loadClipTokenizer(folder, {
      positions: text.config.max_position_embeddings,
      vocabulary: text.config.vocab_size,
    });
  return {
    openTokenizers: async () => (await open()).warnings,
    textIds: (text) => opened === undefined ? [] : ownIds(opened, text),
    isWord: (word) => opened?.isWord(word) ?? false,
    async encodeText(texts, run) {
      const tokenizer = await open();
      const all = captionRows(
        tokenizer,
        texts.map((one) => one.text),
        run.reading,
      );
      const skips = texts.map(({ clipSkip = 0 }) => clipSkip);
      const rows = new Map<number, Tensor>();
      for (const clipSkip of new Set(skips)) {
        const own = [...skips.keys()].filter((i) => skips[i] === clipSkip);
        const read = all.of(own);
        const encoder = await run.textEncoder("text_encoder", clipSkip);
        const { hidden } = await encoder.run({ ids: read.ids });
        checkFinite(hidden!, { stage: "text encoder", files: text.folder });
        const tokens = read.join(hidden!);
        own.forEach((i, at) => rows.set(i, sliceBatch(tokens, at, at + 1)));
      }
      const tokens = concatBatch(texts.map((_, i) => rows.get(i)!));
      return {
        tokens,
        pooled: lastTokens(
          tokens,
          texts.map((one) => ownIds(tokenizer, one.text).length - 1),
        ),
        cuts: all.cuts,
      };
    },
  };
}

/** A text's ids up to the token that ends it. */
export function ownIds({ encode, end }: ClipTokenizer, text: string): number[] {
  const ids = [...encode(text).ids];
  return ids.slice(0, ids.indexOf(end, 1) + 1);
}

/** One token of each row, `[N, width]`. */
function lastTokens(hidden: Tensor, places: readonly number[]): Tensor {
  const [rows, tokens, width] = hidden.shape as [number, number, number];
  const data = new Float32Array(rows * width);
  places.forEach((place, row) => {
    const from = (row * tokens + place) * width;
    data.set(hidden.data.subarray(from, from + width), row * width);
  });
  return tensor([rows, width], data);
}
