import { type Tensor, tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import type { Weighting } from "../../scene_data/weightings.ts";

/** Options of {@linkcode weighHidden}. */
export interface WeighOptions {
  readonly weighting: Weighting;
  /** Hidden states of the empty text, `[1, tokens, width]`, which `comfyui` needs. */
  readonly empty?: Tensor;
}

/**
 * Hidden states `[texts, tokens, width]` with a weight for each token, `[texts · tokens]`. Texts
 * whose weights are all 1 stay as they are, to the bit.
 */
export function weighHidden(
  hidden: Tensor,
  weights: readonly number[],
  { weighting, empty }: WeighOptions,
): Tensor {
  const [texts, tokens, width] = hidden.shape as [number, number, number];
  const data = floats(hidden).slice();
  const none = empty && floats(empty);
  for (let text = 0; text < texts; text++) {
    const own = weights.slice(text * tokens, (text + 1) * tokens);
    if (own.every((weight) => weight === 1)) continue;
    const part = data.subarray(
      text * tokens * width,
      (text + 1) * tokens * width,
    );
    if (weighting === "a1111") multiplyRestoring(part, own);
    else moveFrom(none!, part, own);
  }
  return tensor(hidden.shape, data);
}

/** Hidden states times weights. */
export function multiplied(
  part: Float32Array,
  weights: readonly number[],
): void {
  const width = part.length / weights.length;
  for (const [i, weight] of weights.entries()) {
    for (let j = i * width; j < (i + 1) * width; j++) part[j]! *= weight;
  }
}

function multiplyRestoring(
  part: Float32Array,
  weights: readonly number[],
): void {
  const before = sum(part);
  multiplied(part, weights);
  const after = sum(part);
  if (after === 0) return;
  for (let i = 0; i < part.length; i++) part[i]! *= before / after;
}

function moveFrom(
  empty: Float32Array,
  part: Float32Array,
  weights: readonly number[],
): void {
  const width = part.length / weights.length;
  for (let i = 0; i < part.length; i++) {
    const weight = weights[Math.floor(i / width)]!;
    part[i] = empty[i]! + weight * (part[i]! - empty[i]!);
  }
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
