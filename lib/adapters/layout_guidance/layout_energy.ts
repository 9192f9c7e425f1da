/**
 * The energy of layout guidance (Chen, Laina and Vedaldi 2023, arXiv 2304.03373): how much of each
 * phrase's attention lies outside its boxes.
 */

import type { AttentionSite } from "../../bases/places.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { FractionBox, Size } from "../../core/geometry.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Program, Values } from "../../ops/executor.ts";
import type { LossOps } from "../../ops/loss_ops.ts";
import type { LossProgram } from "../../ops/loss_program.ts";

/** Input of an energy. */
export interface EnergyShape {
  /** A denoiser whose outputs are the queries `query.LAYER` of its cross-attention too. */
  readonly denoiser: Program;
  /** The cross-attention layers that count. */
  readonly sites: readonly AttentionSite[];
}

/** Options of {@linkcode energyInputs}. */
export interface EnergyInputsOptions {
  /** The layers of the energy. */
  readonly sites: readonly AttentionSite[];
  /** Number of tokens of the text. */
  readonly textTokens: number;
}

/** A phrase of the caption with the boxes that it belongs to. */
export interface PlacedPhrase {
  /** Its boxes, in fractions of the picture. */
  readonly boxes: readonly FractionBox[];
  /** Its tokens, by their places in the text. */
  readonly tokens: readonly number[];
}

/**
 * Mean over layers, phrases, heads and a phrase's tokens of `(1 − Σ_inside p / Σ p)²`, times 30, for
 * one picture. Inputs are those of the denoiser and of {@linkcode energyInputs}.
 */
export function energyProgram(
  { denoiser, sites }: EnergyShape,
): LossProgram {
  const kinds = Object.entries(denoiser.inputs).map(([name, { kind }]) =>
    [name, kind] as const
  );
  const masks = sites.map(({ size }) => [maskName(size), "float"] as const);
  return {
    name: `${denoiser.name}_layout_energy`,
    inputs: Object.fromEntries([...kinds, ...masks, ["words", "float"]]),
    run: (ops, weights, inputs) => {
      const found = denoiser.run(ops, weights, inputs);
      const energies = sites.map((site) =>
        layerEnergy(ops, site, {
          q: found[`query.${site.layer}`]!,
          k: inputs[`text_k.${site.layer}`]!,
          inside: inputs[maskName(site.size)]!,
          words: inputs.words!,
        })
      );
      const sum = energies.reduce((a, b) => ops.add(a, b));
      return { loss: ops.scale(sum, energyScale / sites.length) };
    },
  };
}

/** Factor of the energy in the published method. */
export const energyScale = 30;

const maskName = (size: Size) => `inside.${sizeKey(size)}`;

/** The energy of one layer: heads are taken one after the other. */
function layerEnergy<T>(
  ops: LossOps<T>,
  { heads, width, size }: AttentionSite,
  parts: { q: T; k: T; inside: T; words: T },
): T {
  const { q, k, inside, words } = parts;
  const queries = size.height * size.width;
  const everywhere = ops.constant(
    [1, 1, queries],
    new Float32Array(queries).fill(1),
  );
  const one = ops.constant([], Float32Array.of(1));
  const keys = ops.splitWidth(k, heads);
  const energies = ops.splitWidth(q, heads).map((own, i) => {
    const scores = ops.product(own, keys[i]!, { transposeB: true });
    const shares = ops.softmax(ops.scale(scores, Math.sqrt(heads / width)));
    const within = ops.product(inside, shares);
    const outside = ops.sub(
      one,
      ops.div(within, ops.product(everywhere, shares)),
    );
    return ops.sum(ops.mul(ops.mul(outside, outside), words));
  });
  const sum = energies.reduce((a, b) => ops.add(a, b));
  return ops.scale(sum, 1 / heads);
}

/** Masks of the boxes `[1, phrases, Q]` at each size, and the tokens' parts of the mean `[1, phrases, tokens]`. */
export function energyInputs(
  phrases: readonly PlacedPhrase[],
  { sites, textTokens }: EnergyInputsOptions,
): Values<Tensor> {
  const words = new Float32Array(phrases.length * textTokens);
  for (const [i, { tokens }] of phrases.entries()) {
    for (const token of tokens) {
      words[i * textTokens + token] = 1 / (phrases.length * tokens.length);
    }
  }
  const masks = sites.map(({ size }) => {
    const cells = phrases.flatMap(({ boxes }) => [...cellsOf(boxes, size)]);
    const shape = [1, phrases.length, size.height * size.width];
    return [maskName(size), tensor(shape, Float32Array.from(cells))] as const;
  });
  return {
    ...Object.fromEntries(masks),
    words: tensor([1, phrases.length, textTokens], words),
  };
}

/** 1 in the cells of any of the boxes, whose edges are rounded down. */
function cellsOf(
  boxes: readonly FractionBox[],
  { height, width }: Size,
): Float32Array {
  const cells = new Float32Array(height * width);
  for (const { x0, y0, x1, y1 } of boxes) {
    const from = Math.trunc(x0 * width), to = Math.trunc(x1 * width);
    for (let y = Math.trunc(y0 * height); y < Math.trunc(y1 * height); y++) {
      cells.fill(1, y * width + from, y * width + Math.max(from, to));
    }
  }
  return cells;
}
