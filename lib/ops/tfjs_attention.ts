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
  const { heads, causal = false, training } = options;
  const [batch, queries] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  const qh = splitHeads(tf, scaled(tf, q, heads), heads);
  const [kh, vh] = [k, v].map((x) => splitHeads(tf, x, heads));
  const piece = training || causal
    ? queries
    : Math.max(1, Math.floor(maxScores / (batch * heads * keys)));
  if (piece >= queries) return joinHeads(tf, attend(tf, qh, kh!, vh!, causal));
  const mixed: Tensor[] = [];
  for (let from = 0; from < queries; from += piece) {
    const rows = tf.slice(qh, [0, 0, from, 0], [
      -1,
      -1,
      Math.min(piece, queries - from),
      -1,
    ]);
    mixed.push(attend(tf, rows, kh!, vh!));
  }
  return joinHeads(tf, tf.concat(mixed, 2));
}

/**
 * Σ over groups of `wᵢ ⊙ softmax(Q Kᵢᵀ / √d) Vᵢ`: all groups are attended to at once, and what they
 * answer, shorter than their scores, is weighted.
 */
export function regionAttention(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  weights: Tensor,
  heads: number,
): Tensor {
  const [batch, groups] = k.shape as [number, number];
  const [, queries, width] = q.shape as [number, number, number];
  const qh = splitHeads(tf, scaled(tf, q, heads), heads);
  const [kh, vh] = [k, v].map((x) => splitGroupedHeads(tf, x, heads));
  const each = [1, heads, queries, width / heads];
  const answers = attend(tf, tf.reshape(qh, [batch, ...each]), kh!, vh!);
  const factors = [weights.shape[0]!, groups, 1, queries, 1];
  const weighted = tf.mul(answers, tf.reshape(weights, factors));
  return joinHeads(tf, tf.sum(weighted, 1));
}

/**
 * `softmax(Q Kᵀ) V` over the last two axes. The queries may have one group (axis 1 of five) where the
 * keys have many.
 *
 * The gradient is written out: the row sums that the softmax needs are those of `dO ⊙ O`, which is
 * shorter than the scores (Dao et al. 2022, appendix B).
 */
function attend(
  tf: Tf,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  causal = false,
): Tensor {
  const spread = q.rank === 5 && k.shape[1]! > 1 && q.shape[1] === 1;
  const apply = tf.customGrad((...inputs) => {
    const [q, k, v, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      (tensors: Tensor[]) => void,
    ];
    const wide = spread ? spreadQueries(tf, q, k.shape[1]!) : q;
    let scores = tf.matMul(wide, k, false, true);
    if (causal) scores = tf.add(scores, causalMask(tf, q.shape.at(-2)!));
    const shares = tf.softmax(scores);
    const value = tf.matMul(shares, v);
    save([wide, k, v, shares, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [wide, k, v, shares, value] = saved as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const rows = tf.sum(tf.mul(dy, value), -1, true);
        const dShares = tf.matMul(dy, v, false, true);
        const dScores = tf.mul(shares, tf.sub(dShares, rows));
        const dq = tf.matMul(dScores, k);
        return [
          spread ? tf.sum(dq, 1, true) : dq,
          tf.matMul(dScores, wide, true, false),
          tf.matMul(shares, dy, true, false),
        ];
      },
    };
  });
  return apply(q, k, v);
}

/** One group of queries beside many of keys. Only TensorFlow's product broadcasts an inner axis. */
function spreadQueries(tf: Tf, q: Tensor, groups: number): Tensor {
  if (tf.getBackend() === "tensorflow") return q;
  return tf.tile(q, [1, groups, 1, 1, 1]);
}

/** Queries divided by √d, which is cheaper than dividing the scores. */
export function scaled(tf: Tf, q: Tensor, heads: number): Tensor {
  return tf.mul(q, 1 / Math.sqrt(q.shape.at(-1)! / heads));
}

/** `[N, L, W]` as `[N, heads, L, W / heads]`. */
export function splitHeads(tf: Tf, x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [
    0,
    2,
    1,
    3,
  ]);
}

/** `[N, groups, L, W]` as `[N, groups, heads, L, W / heads]`. */
function splitGroupedHeads(tf: Tf, x: Tensor, heads: number): Tensor {
  const [batch, groups, length, width] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  const flat = tf.reshape(x, [batch * groups, length, width]);
  const each = [heads, length, width / heads];
  return tf.reshape(splitHeads(tf, flat, heads), [batch, groups, ...each]);
}

/** `[N, heads, L, d]` as `[N, L, heads · d]`. */
function joinHeads(tf: Tf, x: Tensor): Tensor {
  const [batch, heads, length, width] = (x as Tensor4D).shape;
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
