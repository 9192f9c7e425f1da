import type { FractionBox } from "../../lib/scene/types.ts";
import type { AttentionLayer } from "../locref/denoiser.ts";
import type { Tf, TfScalar, TfTensor } from "../tf.ts";
import { clipImageConfig } from "./clip_configs.ts";
import { pocketUnetConfig } from "./unet_config.ts";

/**
 * Where the attention of each query should lie, by the side of the grid of queries:
 * `[N, 1, Q, groups, tokens]`. Rows of zeros say nothing.
 */
export interface PlaceTargets {
  /** In the composite image, one group. */
  readonly ci: ReadonlyMap<number, TfTensor>;
  /** In the references, a group each. */
  readonly ri: ReadonlyMap<number, TfTensor>;
}

/** Tokens of a picture along each side; token 0 is the class. */
const across = clipImageConfig.image_size / clipImageConfig.patch_size,
  tokens = across ** 2 + 1;

/** Sides of the grids of the pocket UNet's cross-attention layers. */
const sides = [16, 8, 4];

/** Heads of those layers. */
const headsAt = pocketUnetConfig.attention_head_dim;

/** What {@linkcode placeTargets} reads of a sample. */
export interface PlacedSample {
  readonly boxes: readonly FractionBox[];
  /** Whether the sample has its pictures. */
  readonly images: boolean;
}

/**
 * Targets of {@linkcode placeLoss}: a query looks at what lies at its own place in the composite
 * image, and inside a box at the same place of the box's reference.
 */
export function placeTargets(
  tf: Tf,
  samples: readonly PlacedSample[],
  instances: number,
): PlaceTargets {
  const ci = new Map<number, TfTensor>(), ri = new Map<number, TfTensor>();
  const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };
  for (const side of sides) {
    const queries = side ** 2;
    const target = (groups: number) => ({
      groups,
      data: new Float32Array(samples.length * queries * groups * tokens),
    });
    const composite = target(1), references = target(instances);
    for (const [n, { boxes, images }] of samples.entries()) {
      if (!images) continue;
      pointInto(composite, { n, group: 0, side }, whole);
      for (const [group, box] of boxes.entries()) {
        pointInto(references, { n, group, side }, box);
      }
    }
    const upload = ({ groups, data }: typeof composite) =>
      tf.tensor(data, [samples.length, 1, queries, groups, tokens]);
    ci.set(side, upload(composite));
    ri.set(side, upload(references));
  }
  return { ci, ri };
}

/**
 * Writes, for each cell whose centre lies in `box`, the part of the cell that each token of the box
 * covers: 1 at one token where a token is a cell, shares of several where the cell is larger.
 */
function pointInto(
  { data, groups }: { data: Float32Array; groups: number },
  { n, group, side }: { n: number; group: number; side: number },
  box: FractionBox,
): void {
  const columns = shares(side, box.x0, box.x1);
  const rows = shares(side, box.y0, box.y1);
  for (const [y, down] of rows.entries()) {
    for (const [x, right] of columns.entries()) {
      const query = (n * side ** 2 + y * side + x) * groups + group;
      for (const [j, height] of down) {
        for (const [i, width] of right) {
          data[query * tokens + 1 + j * across + i] = height * width;
        }
      }
    }
  }
}

/**
 * Along one axis: for each of `side` cells the tokens between `from` and `to` that it covers, with
 * their parts of it. None for a cell whose centre lies outside.
 */
function shares(side: number, from: number, to: number): [number, number][][] {
  const inTokens = (at: number) => (at / side - from) / (to - from) * across;
  return Array.from({ length: side }, (_, cell) => {
    const centre = inTokens(cell + 0.5);
    if (centre < 0 || centre >= across) return [];
    const start = Math.max(0, inTokens(cell));
    const end = Math.min(across, inTokens(cell + 1));
    const covered: [number, number][] = [];
    for (let token = Math.floor(start); token < end; token++) {
      const part = Math.min(end, token + 1) - Math.max(start, token);
      covered.push([token, part / (end - start)]);
    }
    return covered;
  });
}

/**
 * Cross-entropy of the attention to composite image and references with where it should lie, mean
 * over queries and heads.
 *
 * The UNet has no positions but what zero padding tells. From the noise alone it takes long to find
 * out that they are worth knowing; told where to look, it copies shapes after a few thousand samples.
 */
export function placeLoss(
  tf: Tf,
  layers: readonly AttentionLayer<TfTensor>[],
  targets: PlaceTargets,
): TfScalar {
  const terms = layers.flatMap(({ queries, ci, ri }) => {
    const side = Math.sqrt(queries.shape[1]!);
    const heads = headsAt[sides.indexOf(side)]!;
    const [batch, groups, , width] = ri.shape as number[];
    const joined = tf.reshape(ri, [batch!, groups! * tokens, width!]);
    return [
      missed(tf, queries, { keys: ci, target: targets.ci.get(side)!, heads }),
      missed(tf, queries, {
        keys: joined,
        target: targets.ri.get(side)!,
        heads,
      }),
    ];
  });
  return tf.div(tf.addN(terms), terms.length) as TfScalar;
}

/** Cross-entropy of one layer's attention to the groups of `keys` `[N, groups · tokens, width]`. */
function missed(
  tf: Tf,
  queries: TfTensor,
  options: { keys: TfTensor; target: TfTensor; heads: number },
): TfTensor {
  const { keys, target, heads } = options;
  const [batch, count, width] = queries.shape as [number, number, number];
  const scaled = tf.mul(queries, (width / heads) ** -0.5);
  const scores = tf.matMul(
    splitHeads(tf, scaled, heads),
    splitHeads(tf, keys, heads),
    false,
    true,
  );
  const groups = keys.shape[1]! / tokens;
  const logits = tf.reshape(scores, [batch, heads, count, groups, tokens]);
  const told = tf.maximum(tf.mul(tf.sum(target), heads), 1);
  const likely = tf.sum(tf.mul(tf.logSoftmax(logits), target));
  return tf.neg(tf.div(likely, told));
}

/** `[N, count, width]` as `[N, heads, count, width / heads]`. */
function splitHeads(tf: Tf, x: TfTensor, heads: number): TfTensor {
  const [batch, count, width] = x.shape as [number, number, number];
  const parts = tf.reshape(x, [batch, count, heads, width / heads]);
  return tf.transpose(parts, [0, 2, 1, 3]);
}
