import type { Tensor } from "@tensorflow/tfjs";
import { type DirectOps, directOps } from "./direct.ts";
import type { Tf } from "./tf.ts";

/** Scores that are held at once: 256 MB of float32. */
const maxScores = 64 * 2 ** 20;

/** Options of {@linkcode attention}. */
export interface TfjsAttentionOptions {
  heads: number;
  causal?: boolean;
  /** Added to the scores of all heads, `[N, Q, K]`; its batch may be 1. */
  bias?: Tensor;
}

/** Scaled dot-product attention (Vaswani et al. 2017), `[N, Q, W]` over `[N, K, W]`. */
export function attention(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: TfjsAttentionOptions,
): Tensor {
  const { heads, causal = false, bias } = options;
  const [batch, queries] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  const piece = causal
    ? queries
    : Math.max(1, Math.floor(maxScores / (batch * heads * keys)));
  if (piece >= queries) return attend(tf, q, k, v, { heads, causal, bias });
  const mixed: Tensor[] = [];
  for (let from = 0; from < queries; from += piece) {
    const rows = Math.min(piece, queries - from);
    const some = tf.slice(q, [0, from, 0], [-1, rows, -1]);
    const own = bias && tf.slice(bias, [0, from, 0], [-1, rows, -1]);
    mixed.push(attend(tf, some, k, v, { heads, bias: own }));
  }
  return tf.concat(mixed, 1);
}

/**
 * Σ over groups of `wᵢ ⊙ softmax(Q Kᵢᵀ / √d) Vᵢ`: all groups are attended to at once, and their
 * outputs, which are smaller than their scores, are weighted.
 */
export function regionAttention(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  weights: Tensor,
  heads: number,
): Tensor {
  const [, groups] = k.shape as [number, number];
  const [batch, queries, width] = q.shape as [number, number, number];
  const one = tf.reshape(q, [batch, 1, queries, width]);
  const mixed = attend(tf, one, k, v, { heads, byHeads: true });
  const factors = [weights.shape[0]!, groups, 1, queries, 1];
  const weighted = tf.mul(mixed, tf.reshape(weights, factors));
  const turned = tf.transpose(tf.sum(weighted, 1), [0, 2, 1, 3]);
  return tf.reshape(turned, [batch, queries, width]);
}

interface AttendOptions {
  heads: number;
  causal?: boolean;
  bias?: Tensor;
  /** Whether the output keeps its heads, `[…, heads, Q, d]` instead of `[…, Q, W]`. */
  byHeads?: boolean;
}

/**
 * `softmax(Q Kᵀ / √d) V` over the last two axes, by heads. The queries may have one group (axis 1 of
 * four) where the keys have many.
 */
function attend(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, causal = false, bias, byHeads = false }: AttendOptions,
): Tensor {
  const ops = directOps(tf);
  const { add, mul, product, softmax } = ops;
  const scale = 1 / Math.sqrt(q.shape.at(-1)! / heads);
  const split = (x: Tensor) => splitHeads(ops, x, heads);
  return tf.tidy(() => {
    const own = split(mul(q, scale));
    let scores = product(own, split(k), { b: true });
    if (causal) scores = add(scores, causalMask(tf, q.shape.at(-2)!));
    if (bias) scores = add(scores, tf.expandDims(bias, 1));
    const mixed = product(softmax(scores), split(v));
    return byHeads ? mixed : joinHeads(ops, mixed);
  });
}

/** `[…, L, W]` as `[…, heads, L, W / heads]`. */
function splitHeads(
  { reshape, transpose }: DirectOps,
  x: Tensor,
  heads: number,
): Tensor {
  const lead = x.shape.slice(0, -1), width = x.shape.at(-1)!;
  const parts = reshape(x, [...lead, heads, width / heads]);
  return transpose(parts, swapped(parts.rank));
}

/** `[…, heads, L, d]` as `[…, L, heads · d]`. */
function joinHeads({ reshape, transpose }: DirectOps, x: Tensor): Tensor {
  const turned = transpose(x, swapped(x.rank));
  const [heads, width] = turned.shape.slice(-2) as [number, number];
  return reshape(turned, [...turned.shape.slice(0, -2), heads * width]);
}

/** The order of axes in which the third and second from the end change places. */
function swapped(rank: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  [order[rank - 3], order[rank - 2]] = [rank - 2, rank - 3];
  return order;
}

/** Zeros where a query may look, large negative numbers where not: `[1, 1, L, L]`. */
function causalMask(tf: Tf, length: number): Tensor {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) {
    mask.fill(-1e9, i * length + i + 1, (i + 1) * length);
  }
  return tf.tensor(mask, [1, 1, length, length]);
}
