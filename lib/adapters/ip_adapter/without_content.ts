/** Pictures' features without what a text says (InstantStyle, Wang et al. 2024). */

import type { TextConditioning } from "../../bases/text_conditioning.ts";
import { quote } from "../../core/quote.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { sliceBatch } from "../../core/tensor_rows.ts";
import type { AdapterRun } from "../adapter.ts";

/** A text that pictures are not to bring, and how much of it is taken away. */
export interface ContentText {
  /** The content in words, such as `a cat`. */
  readonly text: string;
  /** Share of the text's embedding that is taken away, from 0 to 1000. @default {0.8} */
  readonly scale?: number;
}

/** Share that is taken away where none is given. */
const usualScale = 0.8;

/** Features `[N, width]` without a share of a text's embedding `[1, width]`. */
export function withoutContent(
  features: Tensor,
  embedding: Tensor,
  scale: number,
): Tensor {
  const { data: text } = embedding;
  const data = Float32Array.from(
    features.data,
    (value, i) => value - scale * text[i % text.length]!,
  );
  return tensor(features.shape, data);
}

/**
 * The first `rows` rows of the features without a content, the others as they are.
 *
 * @param input Features that the adapter reads.
 * @throws {RangeError} if no text of the model lies in the space of these features.
 */
export async function subtractContent(
  features: Tensor,
  without: string | ContentText,
  { input, rows, run }: {
    input: "embeds" | "pooled" | "patch";
    rows: number;
    run: Pick<AdapterRun, "encodeText">;
  },
): Promise<Tensor[]> {
  const { text, scale = usualScale } = typeof without === "string"
    ? { text: without }
    : without;
  const option = `Fusion option without, ${quote(text)},`;
  if (input !== "embeds") {
    throw new RangeError(
      `${option} takes a text from projected features of pictures, and the adapter reads others: use a base form, such as ip-adapter_sdxl.safetensors`,
    );
  }
  const width = features.shape[1]!;
  const { projected } = await encoded(run, text, option);
  if (projected?.shape[1] !== width) {
    throw new RangeError(
      `${option} needs a text encoder that shares the space of the image encoder, of width ${width}, as Stable Diffusion XL's second does with OpenCLIP ViT-bigG/14; this model's ${
        projected === undefined
          ? "text is not projected"
          : `text has width ${projected.shape[1]}`
      }`,
    );
  }
  return [
    withoutContent(sliceBatch(features, 0, rows), projected, scale),
    ...features.shape[0]! > rows
      ? [sliceBatch(features, rows, features.shape[0]!)]
      : [],
  ];
}

async function encoded(
  run: Pick<AdapterRun, "encodeText">,
  text: string,
  option: string,
): Promise<TextConditioning> {
  const found = await run.encodeText([{ text }]);
  const cut = found.cuts[0];
  if (cut === undefined) return found;
  throw new RangeError(
    `${option} is longer than the ${cut.after} tokens that the text encoder reads: shorten it`,
  );
}
