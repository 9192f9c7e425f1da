import type { AttentionLayer } from "../../locref/denoiser.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
import { across, behindHalving, sideOf } from "./place_loss.ts";
import { pocketUnetConfig } from "../stages/unet_config.ts";

/** Cells of the finest grid of queries along each side. */
const side = pocketUnetConfig.sample_size;

/** Name of the reader's weights, which no model keeps. */
const readerName = "quarter_reader.weight";

/** Shape of the reader's weights: a row for each of the four cells. */
const readerShape = [4, pocketUnetConfig.block_out_channels[0]];

/** Weights of the linear reader of {@linkcode quarterLoss}, `[4, width]`. */
export function quarterReader(seed: number): HostWeights {
  return initialWeights(new Map([[readerName, readerShape]]), { seed });
}

/**
 * Cross-entropy of what a linear reader takes each query of the finest grid for: the upper left,
 * upper right, lower left or lower right cell of the token of the composite image that covers it.
 *
 * A token covers 2 × 2 latents. To take its own part of the token, a query must know
 * which of them it stands for. But the UNet knows positions only through zero padding, and odd from
 * even ones only behind an upsampling. Without this loss it predicts the mean of the four much better
 * than their differences, and pictures are blurred.
 */
export function quarterLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  layers: readonly AttentionLayer<TfTensor>[],
  weights: Params<TfTensor>,
): TfScalar {
  const target = tf.tensor(quarters(), [1, side ** 2, 4]);
  const reader = weights.get(readerName, readerShape);
  const fine = behindHalving(layers).filter((one) => sideOf(one) === side);
  const terms = fine.map(({ queries }) => {
    const read = tf.logSoftmax(ops.linear(queries, reader));
    const count = queries.shape[0]! * side ** 2;
    return tf.neg(tf.div(tf.sum(tf.mul(read, target)), count));
  });
  return tf.div(tf.addN(terms), terms.length) as TfScalar;
}

/** One of four for each cell of the grid, `[side², 4]`. */
function quarters(): Float32Array {
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
