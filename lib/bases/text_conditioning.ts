import type { Tensor } from "../core/tensor.ts";
import type { Runner } from "../ops/executor.ts";
import type { CaptionReading } from "./caption_rows.ts";

/** One text to encode. */
export interface TextRequest {
  /** The text, or that of the first encoder. */
  readonly text: string;
  /** The text of a second encoder. @default {the same} */
  readonly second?: string;
  /** Whether nobody gave the text: some bases take zeros then. @default {false} */
  readonly absent?: boolean;
  /** How many of the encoders' last layers are left out beside those that the model leaves out. @default {0} */
  readonly clipSkip?: number;
}

/** Texts as a denoiser reads them, a row each. */
export interface TextConditioning {
  /** `[N, tokens, width]`. */
  readonly tokens: Tensor;
  /** One vector a text, that of its last token, `[N, width]`; the one that the denoiser reads, if it does. */
  readonly pooled?: Tensor;
  /** The texts in the space that CLIP embeds pictures in too, `[N, width]`, where the base projects them. */
  readonly projected?: Tensor;
  /** Where each text was cut, since encoders read so many tokens and no more. */
  readonly cuts: readonly (TextCut | undefined)[];
}

/** Where a text was cut. */
export interface TextCut {
  /** Tokens that were read, start and end aside. */
  readonly after: number;
  /** The rest of the text. */
  readonly before: string;
}

/** A run, as far as a base prepares for it. */
export interface TextRun {
  /** How captions are read. @default {as plain text, in one row} */
  readonly reading?: CaptionReading;
  /** A text encoder without its last `clipSkip` layers, by the name of its program, compiled. */
  textEncoder(name: string, clipSkip?: number): Runner | Promise<Runner>;
}
