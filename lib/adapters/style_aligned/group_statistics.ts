/** Statistics of group norms, which a picture shares with its style. */

import type { NormSites } from "../../bases/places.ts";
import type { Signature } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";

/** Mean and variance of each group, `[N, 1, groups]`. */
export interface GroupStatistics<T> {
  readonly mean: T;
  readonly variance: T;
}

/** Names of the statistics of one group norm, by its place. */
export function normNames(place: number): { mean: string; variance: string } {
  return { mean: `norm_mean.${place}`, variance: `norm_variance.${place}` };
}

/** Names and shapes of the statistics of all group norms that run. */
export function normSignatures(
  { count, groups, first }: NormSites,
): Record<string, Signature> {
  const shape = ["batch", 1, groups];
  return Object.fromEntries(
    Array.from({ length: count - first }, (_, i) => normNames(first + i))
      .flatMap(({ mean, variance }) => [mean, variance])
      .map((name) => [name, { kind: "float" as const, shape }]),
  );
}

/** Channels and groups of one group norm. */
export interface Grouping {
  readonly channels: number;
  readonly groups: number;
}

/** Statistics of the groups of an image. */
export function groupStatistics<T>(
  ops: Ops<T>,
  image: T,
  grouping: Grouping,
): GroupStatistics<T> {
  const { height, width } = ops.sizeOf(image);
  const tokens = ops.tokens(image);
  const meanOf = (x: T) => {
    const summed = ops.turnTokens(ops.sumWidth(ops.turnTokens(x)));
    return overGroups(
      ops,
      ops.scale(summed, 1 / (height * width)),
      grouping,
    );
  };
  const mean = meanOf(tokens);
  const away = ops.sub(tokens, toChannels(ops, mean, grouping));
  return { mean, variance: meanOf(ops.mul(away, away)) };
}

/** Statistics of two images of one size together. */
export function jointStatistics<T>(
  ops: Ops<T>,
  a: GroupStatistics<T>,
  b: GroupStatistics<T>,
): GroupStatistics<T> {
  const half = ops.scale(ops.sub(a.mean, b.mean), 0.5);
  return {
    mean: ops.scale(ops.add(a.mean, b.mean), 0.5),
    variance: ops.add(
      ops.scale(ops.add(a.variance, b.variance), 0.5),
      ops.mul(half, half),
    ),
  };
}

/** Group normalisation of an image with given statistics. */
export function normalise<T>(
  ops: Ops<T>,
  image: T,
  { mean, variance, weight, bias, eps, ...grouping }:
    & GroupStatistics<T>
    & Grouping
    & { readonly weight: T; readonly bias: T; readonly eps: number },
): T {
  const tokens = ops.tokens(image);
  const added = ops.constant([1, 1, 1], Float32Array.of(eps));
  const deviation = ops.sqrt(ops.add(variance, added));
  const away = ops.sub(tokens, toChannels(ops, mean, grouping));
  const normal = ops.div(away, toChannels(ops, deviation, grouping));
  const scaled = ops.mul(normal, ops.repeatBatch(weight, normal));
  const moved = ops.add(scaled, ops.repeatBatch(bias, normal));
  return ops.image(moved, ops.sizeOf(image));
}

/** Means over the channels of each group, `[N, 1, channels]` as `[N, 1, groups]`. */
function overGroups<T>(ops: Ops<T>, x: T, grouping: Grouping): T {
  const { channels, groups } = grouping;
  const each = channels / groups;
  const weight = new Float32Array(groups * channels);
  for (let c = 0; c < channels; c++) {
    weight[Math.floor(c / each) * channels + c] = 1 / each;
  }
  return ops.linear(x, ops.constant([groups, channels], weight));
}

/** Each group's value for each of its channels, `[N, 1, groups]` as `[N, 1, channels]`. */
function toChannels<T>(ops: Ops<T>, x: T, grouping: Grouping): T {
  const { channels, groups } = grouping;
  const each = channels / groups;
  const weight = new Float32Array(channels * groups);
  for (let c = 0; c < channels; c++) {
    weight[c * groups + Math.floor(c / each)] = 1;
  }
  return ops.linear(x, ops.constant([channels, groups], weight));
}
