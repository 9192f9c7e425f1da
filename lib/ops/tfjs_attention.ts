import type { Tensor, Tensor4D } from "@tensorflow/tfjs";
import type { Tf } from "./tfjs_runtime.ts";

/** Scores that are held at once when no gradient is wanted: 256 MB of float32. */
const maxScores = 64 * 2 ** 20;

/** Options of {@linkcode attention}. */
export interface TfjsAttentionOptions {
  heads: number;
  causal?: boolean;
  /** Whether gradients will be asked for, so that queries must not be cut into pieces. */
  training?: boolean;
}

/** Scaled dot-product attention (Vaswani et al. 2017), `[N, Q, W]` over `[N, K, W]`. */
export function attention(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: TfjsAttentionOptions,
): Tensor {
  const { heads, causal, training } = options;
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  const [qh, kh, vh] = [q, k, v].map((x) => splitHeads(tf, x, heads));
  const scale = 1 / Math.sqrt(width / heads);
  const piece = training || causal
    ? queries
    : Math.max(1, Math.floor(maxScores / (batch * heads * keys)));
  const mixed: Tensor4D[] = [];
  for (let from = 0; from < queries; from += piece) {
    const rows = piece >= queries ? qh! : tf.slice(qh!, [0, 0, from, 0], [
      -1,
      -1,
      Math.min(piece, queries - from),
      -1,
    ]);
    let scores = tf.mul(tf.matMul(rows, kh!, false, true), scale);
    if (causal) scores = tf.add(scores, causalMask(tf, queries));
    mixed.push(tf.matMul(tf.softmax(scores), vh!) as Tensor4D);
  }
  return joinHeads(tf, mixed.length === 1 ? mixed[0]! : tf.concat(mixed, 2));
}

/**
 * Σ over groups of `wᵢ ⊙ softmax(Q Kᵢᵀ / √d) Vᵢ`, as one product over all groups' tokens: a softmax
 * within each group, the weights, and one product with the values.
 */
export function regionAttention(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  weights: Tensor,
  heads: number,
): Tensor {
  const [batch, groups, keys, width] = k.shape as [
    number,
    number,
    number,
    number,
  ];
  const queries = q.shape[1]!;
  const flat = [batch, groups * keys, width];
  const qh = splitHeads(tf, q, heads);
  const kh = splitHeads(tf, tf.reshape(k, flat), heads);
  const vh = splitHeads(tf, tf.reshape(v, flat), heads);
  const scale = 1 / Math.sqrt(width / heads);
  const scores = tf.mul(tf.matMul(qh, kh, false, true), scale);
  const shares = tf.softmax(
    tf.reshape(scores, [batch, heads * queries, groups, keys]),
  );
  // Weights [N, groups, Q] as [N, 1, Q, groups, 1] beside shares [N, heads, Q, groups, keys].
  const perQuery = tf.reshape(
    tf.transpose(weights, [0, 2, 1]),
    [weights.shape[0]!, 1, queries, groups, 1],
  );
  const weighted = tf.mul(
    tf.reshape(shares, [batch, heads, queries, groups, keys]),
    perQuery,
  );
  const rows = tf.reshape(weighted, [batch, heads, queries, groups * keys]);
  return joinHeads(tf, tf.matMul(rows, vh) as Tensor4D);
}

/** `[N, L, W]` as `[N, heads, L, W / heads]`. */
function splitHeads(tf: Tf, x: Tensor, heads: number): Tensor4D {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [
    0,
    2,
    1,
    3,
  ]);
}

/** `[N, heads, L, d]` as `[N, L, heads · d]`. */
function joinHeads(tf: Tf, x: Tensor4D): Tensor {
  const [batch, heads, length, width] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [
    batch,
    length,
    heads * width,
  ]);
}

/** Zeros where a query may look, large negative numbers where not: `[1, 1, L, L]`. */
function causalMask(tf: Tf, length: number): Tensor {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) {
    mask.fill(-1e9, i * length + i + 1, (i + 1) * length);
  }
  return tf.tensor(mask, [1, 1, length, length]);
}
