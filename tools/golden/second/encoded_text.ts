import { join } from "node:path";
import { clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { parseClipTextConfig } from "../../../lib/weights/configs/clip_config.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import type { GoldenContext } from "../golden_case.ts";
import { runOnce } from "../golden_files.ts";

/** Texts, or their token ids, as a UNet of Stable Diffusion 1 or 2 reads them, `[texts, tokens, width]`. */
export async function encodedText(
  { dir, executor }: GoldenContext,
  model: string,
  texts: readonly (string | Int32Array)[],
): Promise<Tensor> {
  const tokenizer = await loadClipTokenizer(join(dir, model, "tokenizer"));
  const { config, weights } = await openPart(
    join(dir, model, "text_encoder"),
    parseClipTextConfig,
  );
  const ids = texts.flatMap((
    text,
  ) => [...(typeof text === "string" ? tokenizer.encode(text).ids : text)]);
  const inputs = {
    ids: tensor([texts.length, tokenizer.length], Int32Array.from(ids)),
  };
  const program = clipTextProgram(config);
  const { hidden } = await runOnce(executor, program, { weights, inputs });
  return hidden!;
}
