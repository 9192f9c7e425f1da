/**
 * The loss of Bounded Attention (Dahary et al. 2024, Eqs. (3), (4)): how much attention to a subject
 * comes from the background, and not from its own box.
 */

import { toAdapter } from "../../bases/adapter_inputs.ts";
import type { AttentionSite } from "../../bases/places.ts";
import type { FractionBox, Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Program, Values } from "../../ops/executor.ts";
import type { LossOps } from "../../ops/loss_ops.ts";
import type { LossProgram } from "../../ops/loss_program.ts";
import { boundedGraph } from "./bounded_graph.ts";
import { type BoundedTokens, roundedCells } from "./hidden_pairs.ts";

/** Parts of the two terms in the published method. */
const factors = { cross: 1.5, self: 0.5 };

/** Keeps a box without a cell from dividing 0 by 0. */
const least = 1e-12;

/** The denoiser of a loss, and the layers that count. */
export interface BoundedLossShape {
  /** A denoiser with {@linkcode watchedBoundedGraph}. */
  readonly denoiser: Program;
  /** The self- and cross-attention layers that count. */
  readonly sites: readonly AttentionSite[];
}

/** Options of {@linkcode boundedLossInputs}. */
export interface BoundedLossInputsOptions {
  /** The layers of the loss. */
  readonly sites: readonly AttentionSite[];
  /** Which tokens of the caption are whose. */
  readonly tokens: BoundedTokens;
}

/** Attention from the boxes, and that from the background times the number of subjects, `[1, subjects, 1]`. */
interface Mass<T> {
  readonly inside: T;
  readonly outside: T;
}

/**
 * The sum over subjects of `(1 − IoU)²` for one picture: 1.5 times that of cross-attention and 0.5
 * times that of self-attention. Here `IoU = f / (f + n · b)`, with the means over layers of the
 * attention `f` from the box and `b` from the background. Inputs are those of the denoiser and of
 * {@linkcode boundedLossInputs}.
 */
export function boundedLossProgram(
  { denoiser, sites }: BoundedLossShape,
): LossProgram {
  const kinds = Object.entries(denoiser.inputs).map(([name, { kind }]) =>
    [name, kind] as const
  );
  const masks = sites.flatMap(({ size }) =>
    [insideName(size), outsideName(size)].map((name) =>
      [name, "float"] as const
    )
  );
  return {
    name: `${denoiser.name}_bounded_loss`,
    inputs: Object.fromEntries([...kinds, ...masks, ["words", "float"]]),
    run: (ops, weights, inputs) => {
      const found = { ...inputs, ...denoiser.run(ops, weights, inputs) };
      const term = (kind: "self" | "cross") => {
        const own = sites.filter((site) => site.kind === kind);
        const all = own.map((site) => layerMass(ops, site, found));
        return ops.scale(subjectsLoss(ops, all), factors[kind]);
      };
      return { loss: ops.add(term("cross"), term("self")) };
    },
  };
}

const insideName = (size: Size) => `inside.${sizeKey(size)}`;
const outsideName = (size: Size) => `outside.${sizeKey(size)}`;

/** The loss of one kind of attention. */
function subjectsLoss<T>(ops: LossOps<T>, layers: readonly Mass<T>[]): T {
  const mean = (all: T[]) =>
    ops.scale(all.reduce((a, b) => ops.add(a, b)), 1 / all.length);
  const inside = mean(layers.map((one) => one.inside));
  const outside = mean(layers.map((one) => one.outside));
  const both = ops.add(inside, outside);
  const none = ops.constant([], Float32Array.of(least));
  // 1 − IoU
  const share = ops.div(outside, ops.add(both, none));
  return ops.sum(ops.mul(share, share));
}

/** Attention of one layer, summed over heads, queries and a subject's keys. */
function layerMass<T>(
  ops: LossOps<T>,
  site: AttentionSite,
  values: Values<T>,
): Mass<T> {
  const { kind, layer, heads, width, size } = site;
  const cross = kind === "cross";
  const inside = values[insideName(size)]!;
  const own = toAdapter(boundedGraph, values);
  const q = own[cross ? `query.${layer}` : `self_query.${layer}`]!;
  const k = own[cross ? `text_k.${layer}` : `self_key.${layer}`]!;
  const bias = own[`${cross ? "tokens" : "cells"}.${sizeKey(size)}`]!;
  const counted = cross ? values.words! : inside;
  const keys = ops.splitWidth(k, heads);
  const all = ops.splitWidth(q, heads).map((one, i) => {
    const scores = ops.scale(
      ops.product(one, keys[i]!, { transposeB: true }),
      Math.sqrt(heads / width),
    );
    const shares = ops.softmax(ops.add(scores, bias));
    const from = (queries: T) =>
      ops.sumWidth(ops.mul(ops.product(queries, shares), counted));
    return { inside: from(inside), outside: from(values[outsideName(size)]!) };
  });
  return all.reduce((a, b) => ({
    inside: ops.add(a.inside, b.inside),
    outside: ops.add(a.outside, b.outside),
  }));
}

/**
 * At each size the cells of the boxes `[1, subjects, Q]` and of the background `[1, 1, Q]`, times the
 * number of subjects. Then the subjects' tokens with the end token `[1, subjects, tokens]`.
 */
export function boundedLossInputs(
  boxes: readonly FractionBox[],
  { sites, tokens }: BoundedLossInputsOptions,
): Values<Tensor> {
  const values: Record<string, Tensor> = {};
  for (const { size } of sites) {
    const queries = size.height * size.width;
    const cells = boxes.map((box) => roundedCells(box, size));
    const outside = Float32Array.from(
      { length: queries },
      (_, q) => cells.every((one) => one[q] === 0) ? boxes.length : 0,
    );
    const inside = Float32Array.from(cells.flatMap((one) => [...one]));
    values[insideName(size)] = tensor([1, boxes.length, queries], inside);
    values[outsideName(size)] = tensor([1, 1, queries], outside);
  }
  const words = new Float32Array(boxes.length * tokens.count);
  for (const [i, own] of tokens.subjects.entries()) {
    for (const token of [...own, tokens.end]) {
      words[i * tokens.count + token] = 1;
    }
  }
  const shape = [1, boxes.length, tokens.count];
  return { ...values, words: tensor(shape, words) };
}
