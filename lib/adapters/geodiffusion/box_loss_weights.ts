import type { FractionBox, Size } from "../../core/geometry.ts";
import { roundHalfEven } from "../../core/round_half_even.ts";

/** Options of {@linkcode boxLossWeights}. */
export interface BoxLossWeightsOptions {
  /**
   * `constant`: `weight` times the area to the power −0.2 inside boxes; `area`: the area to the power
   * −`weight`.
   */
  readonly mode: "constant" | "area";
  /** Factor or power, by the mode. */
  readonly weight: number;
  /** Whether the mean over all cells is 1. @default {false} */
  readonly norm?: boolean;
}

/** Power of the area in the mode `constant`. */
const areaPower = 0.2;

/** Weights of GeoDiffusion's loss by cell of the latent, `[height · width]`: small boxes count more. */
export function boxLossWeights(
  boxes: readonly FractionBox[],
  size: Size,
  { mode, weight, norm = false }: BoxLossWeightsOptions,
): Float32Array {
  const { height, width } = size;
  const [factor, power] = mode === "constant"
    ? [weight, areaPower]
    : [1, weight];
  const cells = height * width;
  const weights = new Float32Array(cells).fill(cells ** -power);
  for (const box of boxes) {
    const [x0, x1] = [box.x0, box.x1].map((x) => roundHalfEven(x * width));
    const [y0, y1] = [box.y0, box.y1].map((y) => roundHalfEven(y * height));
    const value = factor * ((y1! - y0! + 1) * (x1! - x0! + 1)) ** -power;
    for (let y = y0!; y < y1!; y++) {
      weights.fill(value, y * width + x0!, y * width + x1!);
    }
  }
  if (!norm) return weights;
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => one / sum * cells);
}
