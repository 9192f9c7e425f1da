import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Program, Values } from "../ops/executor.ts";
import type { AdapterGraph } from "./hooks.ts";
import type { AttentionLayers } from "./places.ts";
import type { SizeCondition } from "./size_conditions.ts";

/** Which form of the denoiser's program is wanted. */
export interface DenoiserForm {
  /** Height and width of the latents. */
  size: Size;
  /** Adapters in the graph. @default {none} */
  adapters?: readonly AdapterGraph[];
  /** Whether text comes in groups, a caption each. @default {false} */
  captions?: boolean;
  /** Whether the queries of every cross-attention layer are outputs. @default {false} */
  trace?: boolean;
  /** Reuse of deep features between steps (Ma et al. 2024, "DeepCache"). */
  deep?: "keep" | "reuse";
  /** How many of the text encoders' last layers are left out beside those that the model leaves out. @default {0} */
  clipSkip?: number;
}

/** Rows of a batch that trains a denoiser, each with a time and sizes of its own. */
export interface StepRows {
  /** The time of each row. */
  readonly timesteps: readonly number[];
  /** Pooled text, `[N, width]`; what reads none ignores it. */
  readonly pooled?: Tensor;
  /** Sizes, one a row; what reads none ignores them. */
  readonly sizes?: readonly Required<SizeCondition>[];
}

/** A denoiser without a checkpoint, as far as its settings or the shapes of its weights say it. */
export interface DenoiserShape extends AttentionLayers {
  /** The programs that read its weights. */
  programs(form: DenoiserForm): Program[];
  /** One step: the program `unet`. */
  step(form: DenoiserForm): Program;
  /** Keys and values of text in all cross-attention layers: the program `text_key_value`. */
  textKeyValues(form: Pick<DenoiserForm, "adapters">): Program;
  /**
   * Inputs of a step beside sample, text and adapters, for a batch that it is trained with.
   *
   * @throws {RangeError} if rows lack what it reads.
   */
  rowInputs(rows: StepRows): Values<Tensor>;
}
