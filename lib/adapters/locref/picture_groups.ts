/** Groups of tokens that queries attend to: one an instance, or several where its pictures add up. */

import { type Tensor, tensor } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import type { InstanceData } from "../../scene_data/scene_data.ts";
import { picturesOf } from "../../scene_data/several_pictures.ts";

/** Tokens that share one softmax. */
export interface PictureGroup {
  /** The instance that they belong to, from 0. */
  readonly instance: number;
  /** Rows of the tokens, counted through the pictures or means of all instances. */
  readonly rows: readonly number[];
  /** Its part of the instance's strength. */
  readonly share: number;
}

/** An instance as far as its groups depend on it. */
type Grouped = Pick<InstanceData, "reference" | "others" | "combine">;

/** The groups of all instances, in their order. */
export function pictureGroups(instances: readonly Grouped[]): PictureGroup[] {
  const groups: PictureGroup[] = [];
  let next = 0;
  for (const [instance, one] of instances.entries()) {
    const rows = Array.from({ length: rowsOf(one) }, () => next++);
    if (one.combine === "sum") {
      const share = 1 / rows.length;
      groups.push(...rows.map((row) => ({ instance, rows: [row], share })));
    } else groups.push({ instance, rows, share: 1 });
  }
  return groups;
}

/** Rows of tokens of an instance: one a picture, or one mean. */
function rowsOf(one: Grouped): number {
  return one.combine === "average" ? 1 : picturesOf(one).length;
}

/**
 * The features of every row: those of pictures, or their mean where an instance averages.
 *
 * @param features one row a picture of all instances, `[pictures, …]`.
 */
export function combineFeatures(
  features: Tensor,
  instances: readonly Grouped[],
): Tensor {
  if (!instances.some(({ combine }) => combine === "average")) return features;
  let at = 0;
  return concatBatch(instances.map((one) => {
    const count = picturesOf(one).length;
    const own = sliceBatch(features, at, at + count);
    at += count;
    return one.combine === "average" ? meanRow(own) : own;
  }));
}

function meanRow(rows: Tensor): Tensor {
  const count = rows.shape[0]!, length = rows.data.length / count;
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += rows.data[row * length + i]!;
    data[i] = sum / count;
  }
  return tensor([1, ...rows.shape.slice(1)], data);
}

/**
 * Tokens of every group, all of one length: `[groups, tokens, width]`.
 *
 * Groups of fewer pictures repeat theirs. The softmax over tokens that stand there equally often is
 * the same.
 *
 * @param tokens one row of tokens each, `[rows, tokens, width]`.
 */
export function groupTokens(
  tokens: Tensor,
  groups: readonly PictureGroup[],
): Tensor {
  const longest = commonLength(groups);
  const [, count, width] = tokens.shape as [number, number, number];
  return concatBatch(groups.map(({ rows }) => {
    const own = concatBatch(
      rows.map((row) => sliceBatch(tokens, row, row + 1)),
    );
    const all = Array.from({ length: longest / rows.length }, () => own);
    const { data } = concatBatch(all);
    return tensor([1, longest * count, width], data);
  }));
}

/** The least number of pictures that the groups' numbers divide. */
export function commonLength(groups: readonly PictureGroup[]): number {
  return groups.reduce((all, { rows }) => lcm(all, rows.length), 1);
}

function lcm(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return a / x * b;
}
