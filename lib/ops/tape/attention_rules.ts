import type { LossOps } from "../loss_ops.ts";
import type { BiasedAttentionOptions } from "../ops.ts";
import type { GradientOps } from "./gradient_ops.ts";
import { once, record, type RuleContext, sumLike } from "./rule.ts";
import type { Taped } from "./tape.ts";

type AttentionRules<T> = Pick<
  LossOps<Taped<T>>,
  "attention" | "regionAttention" | "product" | "softmax" | "logSoftmax"
>;

/** Products of values with each other, and softmax. */
export function attentionRules<T>(
  context: RuleContext<T>,
): AttentionRules<T> {
  const { tape, ops } = context;
  return {
    attention: (q, k, v, options) => attention(context, [q, k, v], options),
    regionAttention: (q, k, v, weights, { heads }) =>
      regionAttention(context, [q, k, v, weights], heads),
    product: (x, y, options = {}) => {
      const a = tape.read(x), b = tape.read(y);
      const { transposeA, transposeB } = options;
      const y0 = ops.product(a, b, options);
      return record(context, [x, y], y0, (dy) => [
        () =>
          sumLike(
            ops,
            transposeA
              ? ops.product(b, dy, { transposeA: transposeB, transposeB: true })
              : ops.product(dy, b, { transposeB: !transposeB }),
            a,
          ),
        () =>
          sumLike(
            ops,
            transposeB
              ? ops.product(dy, a, { transposeA: true, transposeB: transposeA })
              : ops.product(a, dy, { transposeA: !transposeA }),
            b,
          ),
      ]);
    },
    softmax: (x) => {
      const shares = ops.softmax(tape.read(x));
      return record(context, [x], shares, (dy) => [
        () => softmaxSlope(ops, shares, dy),
      ]);
    },
    logSoftmax: (x) => {
      const y = ops.logSoftmax(tape.read(x));
      return record(context, [x], y, (dy) => [
        () => ops.sub(dy, ops.mul(ops.exp(y), ops.sumWidth(dy))),
      ]);
    },
  };
}

/** `P ⊙ (dP − Σ dP ⊙ P)`. */
function softmaxSlope<T>(ops: GradientOps<T>, shares: T, dShares: T): T {
  const sums = ops.sumWidth(ops.mul(dShares, shares));
  return ops.mul(shares, ops.sub(dShares, sums));
}

/** `[N, L, W]` as `[N, heads, L, W / heads]`. */
function splitHeads<T>(ops: GradientOps<T>, x: T, heads: number): T {
  const [batch, length, width] = ops.shapeOf(x) as [number, number, number];
  const parts = ops.reshape(x, [batch, length, heads, width / heads]);
  return ops.transpose(parts, [0, 2, 1, 3]);
}

function joinHeads<T>(ops: GradientOps<T>, x: T): T {
  const [batch, heads, length, width] = ops.shapeOf(x) as [
    number,
    number,
    number,
    number,
  ];
  const turned = ops.transpose(x, [0, 2, 1, 3]);
  return ops.reshape(turned, [batch, length, heads * width]);
}

/** Zero where query `i` may see key `j`, minus infinity in effect elsewhere. */
function causalMask<T>(ops: GradientOps<T>, length: number): T {
  const mask = Float32Array.from(
    { length: length * length },
    (_, i) => i % length > Math.floor(i / length) ? -1e9 : 0,
  );
  return ops.constant([length, length], mask);
}

function attention<T>(
  context: RuleContext<T>,
  [q, k, v]: readonly [Taped<T>, Taped<T>, Taped<T>],
  { heads, causal = false, bias }: BiasedAttentionOptions<Taped<T>>,
): Taped<T> {
  const { tape, ops } = context;
  const split = (x: T) => splitHeads(ops, x, heads);
  const queries = tape.read(q), keys = tape.read(k), values = tape.read(v);
  const inputs = bias === undefined ? [q, k, v] : [q, k, v, bias];
  if (!inputs.some(({ depends }) => depends)) {
    return tape.constant(
      ops.attention(queries, keys, values, {
        heads,
        causal,
        bias: bias && tape.read(bias),
      }),
    );
  }
  const length = ops.shapeOf(queries)[1]!, width = ops.shapeOf(queries)[2]!;
  const factor = 1 / Math.sqrt(width / heads);
  const qh = split(queries), kh = split(keys), vh = split(values);
  const overHeads = (x: T) => {
    const [rows, ...pairs] = ops.shapeOf(x);
    return ops.reshape(x, [rows!, 1, ...pairs]);
  };
  const added = bias && tape.read(bias);
  const shares = ops.within(() => {
    const scores = ops.product(qh, kh, { transposeB: true, factor });
    const seen = causal ? ops.add(scores, causalMask(ops, length)) : scores;
    return ops.softmax(added ? ops.add(seen, overHeads(added)) : seen);
  });
  const mixed = ops.product(shares, vh);
  return record(context, inputs, joinHeads(ops, mixed), (dy) => {
    const dMixed = once(() => split(dy));
    const dScores = once(() => {
      const dShares = ops.product(dMixed(), vh, { transposeB: true });
      // the sums that the softmax needs, over rows shorter than the scores (Dao et al. 2022, B)
      const sums = ops.sumWidth(ops.mul(dMixed(), mixed));
      return ops.mul(shares, ops.sub(dShares, sums));
    });
    const join = (x: T) => joinHeads(ops, x);
    return [
      () => join(ops.product(dScores(), kh, { factor })),
      () => join(ops.product(dScores(), qh, { transposeA: true, factor })),
      () => join(ops.product(shares, dMixed(), { transposeA: true })),
      () => {
        const sum = sumLike(ops, dScores(), overHeads(added!));
        return ops.reshape(sum, ops.shapeOf(added!));
      },
    ];
  });
}

/** All groups' keys as one axis, with a softmax for each group. */
function regionAttention<T>(
  context: RuleContext<T>,
  [q, k, v, w]: readonly [Taped<T>, Taped<T>, Taped<T>, Taped<T>],
  heads: number,
): Taped<T> {
  const { tape, ops } = context;
  const queries = tape.read(q), weights = tape.read(w);
  if (![q, k, v, w].some(({ depends }) => depends)) {
    const keys = tape.read(k), values = tape.read(v);
    return tape.constant(
      ops.regionAttention(queries, keys, values, weights, { heads }),
    );
  }
  const [batch, length, width] = ops.shapeOf(queries) as [
    number,
    number,
    number,
  ];
  const grouped = ops.shapeOf(tape.read(k));
  const [, groups, keys] = grouped as [number, number, number];
  const factor = 1 / Math.sqrt(width / heads);
  const split = (x: T) => splitHeads(ops, x, heads);
  const flat = (x: T) => ops.reshape(x, [batch, groups * keys, width]);
  const apart = (x: T) => ops.reshape(x, [batch, heads, length, groups, keys]);
  const along = (x: T) => ops.reshape(x, [batch, heads, length, groups * keys]);
  const qh = split(queries);
  const kh = split(flat(tape.read(k))), vh = split(flat(tape.read(v)));
  const shares = ops.within(() =>
    ops.softmax(apart(ops.product(qh, kh, { transposeB: true, factor })))
  );
  const perQuery = ops.reshape(ops.transpose(weights, [0, 2, 1]), [
    ops.shapeOf(weights)[0]!,
    1,
    length,
    groups,
    1,
  ]);
  const weighted = ops.mul(shares, perQuery);
  const y = joinHeads(ops, ops.product(along(weighted), vh));
  return record(context, [q, k, v, w], y, (dy) => {
    const dMixed = once(() => split(dy));
    const dWeighted = once(() =>
      apart(ops.product(dMixed(), vh, { transposeB: true }))
    );
    const sums = once(() => ops.sumWidth(ops.mul(dWeighted(), shares)));
    const dScores = once(() =>
      along(ops.mul(weighted, ops.sub(dWeighted(), sums())))
    );
    const join = (x: T) => joinHeads(ops, x);
    const joinGroups = (x: T) => ops.reshape(join(x), grouped);
    return [
      () => join(ops.product(dScores(), kh, { factor })),
      () =>
        joinGroups(ops.product(dScores(), qh, { transposeA: true, factor })),
      () =>
        joinGroups(
          ops.product(along(weighted), dMixed(), { transposeA: true }),
        ),
      () => {
        const by = sumLike(ops, sums(), perQuery);
        const rows = ops.shapeOf(weights)[0]!;
        const turned = ops.reshape(by, [rows, length, groups]);
        return ops.transpose(turned, [0, 2, 1]);
      },
    ];
  });
}
