import { checkFinite } from "../../core/finite.ts";
import { tensor } from "../../core/tensor.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../../encoders/clip_tokenizer.ts";
import type { Base } from "../base.ts";
import type { StableDiffusionParts } from "./stable_diffusion_parts.ts";

/** The text of a Stable Diffusion model: one tokenizer, and the last state of one encoder. */
export function sdText(
  { text, tokenizer: folder }: Pick<
    StableDiffusionParts,
    "text" | "tokenizer"
  >,
): Pick<Base, "openTokenizers" | "isWord" | "encodeText"> {
  let opened: ClipTokenizer | undefined;
  const open = async () =>
    opened ??= await loadClipTokenizer(folder, {
      positions: text.config.max_position_embeddings,
      vocabulary: text.config.vocab_size,
    });
  return {
    openTokenizers: async () => (await open()).warnings,
    isWord: (word) => opened?.isWord(word) ?? false,
    async encodeText(texts, run) {
      const tokenizer = await open();
      const { length } = tokenizer;
      const encoded = texts.map((one) => tokenizer.encode(one.text));
      const ids = Int32Array.from(encoded.flatMap((one) => [...one.ids]));
      const encoder = await run.program("text_encoder");
      const { hidden } = await encoder.run({
        ids: tensor([texts.length, length], ids),
      });
      checkFinite(hidden!, { stage: "text encoder", files: text.folder });
      return {
        tokens: hidden!,
        cuts: encoded.map(({ cut }) =>
          cut === undefined ? undefined : { after: length - 2, before: cut }
        ),
      };
    },
  };
}
