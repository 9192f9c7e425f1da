import type { AttentionLayer } from "../../locref/denoiser.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
import { clipImageConfig } from "../stages/clip_configs.ts";
import { pocketUnetConfig } from "../stages/unet_config.ts";

/**
 * Where in the composite image the attention of each query should lie, by the side of the grid of
 * queries: `[N, 1, Q, tokens]`. Rows of zeros say nothing.
 */
export type PlaceTargets = ReadonlyMap<number, TfTensor>;

/** Tokens of a picture along each side. */
export const across: number = clipImageConfig.image_size /
  clipImageConfig.patch_size;

/** All tokens of a picture; number 0 is the class. */
const tokens = across ** 2 + 1;

/** Sides of the grids of the pocket UNet's cross-attention layers. */
const sides = [16, 8, 4];

/** Heads of those layers. */
const headsAt = pocketUnetConfig.attention_head_dim;

/**
 * Targets of {@linkcode placeLoss}: a query looks at what lies at its own place in the composite
 * image.
 *
 * @param told whether each sample has its composite image.
 */
export function placeTargets(tf: Tf, told: readonly boolean[]): PlaceTargets {
  return new Map(sides.map((side) => {
    const one = ownPlaces(side), none = new Float32Array(one.length);
    const data = Float32Array.from(
      told.flatMap((has) => [...(has ? one : none)]),
    );
    return [side, tf.tensor(data, [told.length, 1, side ** 2, tokens])];
  }));
}

/**
 * For each cell of a grid the part of it that each token covers, `[Q, tokens]`: 1 at one token where
 * a token is a cell or more, shares of several where the cell is larger.
 */
function ownPlaces(side: number): Float32Array {
  const data = new Float32Array(side ** 2 * tokens);
  const along = shares(side);
  for (const [y, down] of along.entries()) {
    for (const [x, right] of along.entries()) {
      for (const [j, height] of down) {
        for (const [i, width] of right) {
          data[(y * side + x) * tokens + 1 + j * across + i] = height * width;
        }
      }
    }
  }
  return data;
}

/** Along one axis: for each of `side` cells the tokens that it covers, with their parts of it. */
function shares(side: number): [number, number][][] {
  return Array.from({ length: side }, (_, cell) => {
    const start = cell / side * across, end = (cell + 1) / side * across;
    const covered: [number, number][] = [];
    for (let token = Math.floor(start); token < end; token++) {
      const part = Math.min(end, token + 1) - Math.max(start, token);
      covered.push([token, part / (end - start)]);
    }
    return covered;
  });
}

/**
 * Cross-entropy of the attention to the composite image with where it should lie, mean over queries
 * and heads.
 *
 * The UNet knows positions only through zero padding, and learns slowly from the denoising loss alone
 * that they matter. With this loss it copies shapes after a few thousand samples. Attention to
 * references gets no such loss: it stays wide in any case, and identifies the object, not its parts.
 * Nor do layers before the first halving, where zero padding marks nothing but the rim.
 */
export function placeLoss(
  tf: Tf,
  layers: readonly AttentionLayer<TfTensor>[],
  targets: PlaceTargets,
): TfScalar {
  const terms = behindHalving(layers).map((layer) => {
    const target = targets.get(sideOf(layer))!;
    const told = tf.maximum(tf.mul(tf.sum(target), headsOf(layer)), 1);
    const likely = tf.mul(tf.logSoftmax(attentionLogits(tf, layer)), target);
    return tf.neg(tf.div(tf.sum(likely), told));
  });
  return tf.div(tf.addN(terms), terms.length) as TfScalar;
}

/** The layers from the first one on whose grid is not the finest. */
export function behindHalving(
  layers: readonly AttentionLayer<TfTensor>[],
): readonly AttentionLayer<TfTensor>[] {
  const cells = pocketUnetConfig.sample_size ** 2;
  return layers.slice(
    layers.findIndex(({ queries }) => queries.shape[1] !== cells),
  );
}

/** Cells along each side of a layer's grid of queries. */
export function sideOf({ queries }: AttentionLayer<TfTensor>): number {
  return Math.sqrt(queries.shape[1]!);
}

/** Heads of a layer of the pocket UNet. */
export function headsOf(layer: AttentionLayer<TfTensor>): number {
  return headsAt[sides.indexOf(sideOf(layer))]!;
}

/** Logits of a layer's attention to the composite image, before the softmax, `[N, heads, Q, tokens]`. */
function attentionLogits(
  tf: Tf,
  layer: AttentionLayer<TfTensor>,
): TfTensor {
  const { queries, ci } = layer, heads = headsOf(layer);
  const split = (x: TfTensor) => {
    const [batch, length, width] = x.shape as [number, number, number];
    const parts = tf.reshape(x, [batch, length, heads, width / heads]);
    return tf.transpose(parts, [0, 2, 1, 3]);
  };
  const products = tf.matMul(split(queries), split(ci.k), false, true);
  return tf.mul(products, 1 / Math.sqrt(queries.shape[2]! / heads));
}
