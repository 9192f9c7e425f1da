import type { AttentionLayer } from "../../locref/denoiser.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { meanOf } from "../../loop/loss_parts.ts";
import type { PocketFamily } from "../stages/family.ts";
import { behindHalving, sideOf } from "./place_loss.ts";

/** Name of the reader's weights, which no model keeps. */
const readerName = "quarter_reader.weight";

/** Shape of the reader's weights: a row for each of the four cells. */
function readerShape({ unet }: PocketFamily): number[] {
  return [4, unet.block_out_channels[0]!];
}

/** Weights of the linear reader of {@linkcode quarterLoss}, `[4, width]`. */
export function quarterReader(
  family: PocketFamily,
  seed: number,
): HostWeights {
  const shapes = new Map([[readerName, readerShape(family)]]);
  return initialWeights(shapes, { seed });
}

/**
 * Cross-entropy of a linear reader that classifies each query of the finest grid: as the upper left,
 * upper right, lower left or lower right cell of its token of the composite image.
 *
 * A token covers 2 × 2 latents. To take its own part of the token, a query must know
 * which of them it stands for. But the UNet knows positions only through zero padding, and odd from
 * even ones only behind an upsampling. Without this loss it predicts the mean of the four much better
 * than their differences, and pictures are blurred.
 */
export function quarterLoss<T>(
  ops: LossOps<T>,
  layers: readonly AttentionLayer<T>[],
  weights: Params<T>,
  family: PocketFamily,
): T {
  const { latentSide: side } = family;
  const target = ops.constant([1, side ** 2, 4], quarters(family));
  const reader = weights.get(readerName, readerShape(family));
  const fine = behindHalving(layers)
    .filter((one) => sideOf(one, family) === side);
  const terms = fine.map(({ queries }) => {
    const read = ops.logSoftmax(ops.linear(queries, reader));
    const likely = ops.mean(ops.sumWidth(ops.mul(read, target)));
    return ops.scale(likely, -1);
  });
  return meanOf(ops, terms);
}

/** One of four for each cell of the grid, `[side², 4]`. */
function quarters({ latentSide: side, across }: PocketFamily): Float32Array {
  const within = side / across;
  const data = new Float32Array(side ** 2 * 4);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const quarter = 2 * (y % within) + x % within;
      data[(y * side + x) * 4 + quarter] = 1;
    }
  }
  return data;
}
