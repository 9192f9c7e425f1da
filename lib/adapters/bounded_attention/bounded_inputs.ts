import type { FractionBox, Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import {
  type BoundedTokens,
  hiddenCells,
  hiddenTokens,
  roundedCells,
} from "./hidden_pairs.ts";

/** Added to scores of pairs that do not see each other. */
const hiddenScore = -1e9;

/** Options of {@linkcode boundedInputs}. */
export interface BoundedInputsOptions {
  /** Which tokens of the caption are whose. */
  readonly tokens: BoundedTokens;
  /** Whether the latents are being moved by the loss, when the background sees all subjects. */
  readonly guiding: boolean;
  /** Whether the batch begins with the unconditional branch, which sees all of its text. */
  readonly guided: boolean;
}

/** Inputs of Bounded Attention with boxes as masks, at every size of attention. */
export function boundedInputs(
  boxes: readonly FractionBox[],
  sizes: readonly Size[],
  { tokens, guiding, guided }: BoundedInputsOptions,
): Values<Tensor> {
  const values: Record<string, Tensor> = {};
  for (const size of sizes) {
    const queries = size.height * size.width;
    const cells = boxes.map((box) => roundedCells(box, size));
    const text = scores(hiddenTokens(cells, tokens, guiding));
    const rows = guided ? 2 : 1;
    const all = new Float32Array(rows * text.length);
    all.set(text, (rows - 1) * text.length);
    const key = sizeKey(size);
    values[`cells.${key}`] = tensor(
      [1, queries, queries],
      scores(hiddenCells(cells)),
    );
    values[`tokens.${key}`] = tensor([rows, queries, tokens.count], all);
  }
  return values;
}

function scores(hidden: Float32Array): Float32Array {
  return hidden.map((one) => one * hiddenScore);
}
