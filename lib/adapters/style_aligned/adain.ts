import type { Ops } from "../../ops/ops.ts";

/** Added to variances, as StyleAligned does. */
const epsilon = 1e-5;

/**
 * Adaptive instance normalisation (Huang and Belongie 2017): each channel of `x` with the mean and the
 * deviation that it has in `reference`, over tokens.
 *
 * @param x `[N, tokens, width]`, as `reference`.
 */
export function adain<T>(
  ops: Ops<T>,
  x: T,
  { reference, tokens }: { reference: T; tokens: number },
): T {
  const other = tokenStatistics(ops, reference, tokens);
  return withStatistics(ops, x, { ...other, tokens });
}

/** Mean and deviation over tokens, `[N, 1, width]`. */
export interface TokenStatistics<T> {
  readonly mean: T;
  readonly deviation: T;
}

/** `x` with the mean and the deviation of another. */
export function withStatistics<T>(
  ops: Ops<T>,
  x: T,
  { mean, deviation, tokens }: TokenStatistics<T> & { tokens: number },
): T {
  const own = tokenStatistics(ops, x, tokens);
  const normal = ops.div(ops.sub(x, own.mean), own.deviation);
  return ops.add(ops.mul(normal, deviation), mean);
}

/** Mean and deviation over tokens; the variance is that of a sample. */
export function tokenStatistics<T>(
  ops: Ops<T>,
  x: T,
  tokens: number,
): TokenStatistics<T> {
  const summed = (one: T) => ops.turnTokens(ops.sumWidth(ops.turnTokens(one)));
  const mean = ops.scale(summed(x), 1 / tokens);
  const away = ops.sub(x, mean);
  const variance = ops.scale(summed(ops.mul(away, away)), 1 / (tokens - 1));
  const added = ops.constant([1, 1, 1], Float32Array.of(epsilon));
  return { mean, deviation: ops.sqrt(ops.add(variance, added)) };
}
