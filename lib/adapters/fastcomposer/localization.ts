/**
 * FastComposer's localization of cross-attention (Xiao et al. 2023, 4.2): how much more the token of
 * a subject is attended to outside its segment than inside.
 *
 * It is a loss of training, and a measure of any UNet's attention.
 */

import {
  type AttentionSite,
  crossSites,
  type Places,
} from "../../bases/places.ts";
import type { Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { resizeAreas } from "../../masks/resize_areas.ts";
import type { Program, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";

/** A subject: the token that stands for it, and where it is. */
export interface LocalizedSubject {
  /** Place of its token in the text. */
  readonly token: number;
  /** 1 where the subject is, 0 elsewhere. */
  readonly segment: Size & { readonly data: Float32Array };
}

/** Blocks of a UNet in the middle that count, as in the published code. */
const countedBlocks = 5;

/** Keeps areas and counts that are divided by apart from zero, as the published code does. */
const epsilon = 1e-5;

/** The cross-attention layers of the five middle blocks that attend to text. */
export function localizedSites(places: Places): readonly AttentionSite[] {
  const sites = crossSites(places);
  const depth = (way: string) =>
    [...new Set(sites.map(({ path }) => blockOf(path)))]
      .filter((block) => block.startsWith(way)).sort();
  const blocks = [
    ...depth("down_blocks"),
    ...depth("mid_block"),
    ...depth("up_blocks"),
  ];
  const start = Math.max(0, Math.floor((blocks.length - countedBlocks) / 2));
  const counted = new Set(blocks.slice(start, start + countedBlocks));
  return sites.filter(({ path }) => counted.has(blockOf(path)));
}

function blockOf(path: string): string {
  return /^(?:mid_block|(?:down|up)_blocks\.\d+)/.exec(path)?.[0] ?? path;
}

/** Inputs of {@linkcode localization}, by the layer. */
export interface LocalizedLayer<T> {
  readonly at: AttentionSite;
  /** Queries, `[N, Q, width]`. */
  readonly q: T;
  /** Keys of the text, `[N, tokens, width]`. */
  readonly k: T;
}

/**
 * Mean over layers and heads of the attention to each subject's token outside its segment less that
 * inside, both as means over cells; subjects of a picture count alike.
 *
 * @param inputs Those of {@linkcode localizationInputs}.
 * @returns one number a picture, `[N, 1, 1]`.
 */
export function localization<T>(
  ops: Ops<T>,
  layers: readonly LocalizedLayer<T>[],
  inputs: Values<T>,
): T {
  const sums = layers.map(({ at, q, k }) => {
    const { heads, width, size } = at;
    const keys = ops.splitWidth(k, heads);
    const ofHeads = ops.splitWidth(q, heads).map((own, i) => {
      const scores = ops.product(own, keys[i]!, { transposeB: true });
      return ops.softmax(ops.scale(scores, Math.sqrt(heads / width)));
    }).reduce((a, b) => ops.add(a, b));
    const balanced = ops.product(inputs[balanceName(size)]!, ofHeads);
    const own = ops.sumWidth(ops.mul(balanced, inputs.subject_tokens!));
    return ops.scale(ops.sumWidth(ops.turnTokens(own)), 1 / heads);
  });
  return ops.scale(sums.reduce((a, b) => ops.add(a, b)), 1 / layers.length);
}

/** {@linkcode localization} of a denoiser's forward as a program: `localization` out. */
export function localizationProgram(
  denoiser: Program,
  sites: readonly AttentionSite[],
): Program {
  const float = (...shape: (number | string)[]) => ({
    kind: "float" as const,
    shape,
  });
  return {
    name: `${denoiser.name}_localization`,
    inputs: {
      ...denoiser.inputs,
      subject_tokens: float("batch", "subjects", "text_tokens"),
      ...Object.fromEntries(sites.map(({ size }) => [
        balanceName(size),
        float("batch", "subjects", size.height * size.width),
      ])),
    },
    outputs: { localization: float("batch", 1, 1) },
    needsFloat32: true, // means that differ by a hundredth of themselves
    run: (ops, params, inputs) => {
      const found = denoiser.run(ops, params, inputs);
      const layers = sites.map((at) => ({
        at,
        q: found[`query.${at.layer}`]!,
        k: inputs[`text_k.${at.layer}`]!,
      }));
      return { localization: localization(ops, layers, inputs) };
    },
  };
}

const balanceName = (size: Size) => `balance.${sizeKey(size)}`;

/** Options of {@linkcode localizationInputs}. */
export interface LocalizationInputsOptions {
  /** Cross-attention layers, for the sizes at which the loss acts. */
  readonly sites: readonly Pick<AttentionSite, "size">[];
  /** Number of tokens of the text. */
  readonly textTokens: number;
}

/**
 * Segments at each size of attention, as weights that sum to 1 outside and −1 inside, and which token
 * stands for each subject.
 *
 * @param pictures The subjects of each picture of the batch.
 */
export function localizationInputs(
  pictures: readonly (readonly LocalizedSubject[])[],
  { sites, textTokens }: LocalizationInputsOptions,
): Values<Tensor> {
  const most = Math.max(1, ...pictures.map((own) => own.length));
  const rows = pictures.length;
  const tokens = new Float32Array(rows * most * textTokens);
  pictures.forEach((own, row) =>
    own.forEach(({ token }, i) => {
      tokens[(row * most + i) * textTokens + token] = 1 /
        (own.length + epsilon);
    })
  );
  const sizes = new Map(sites.map(({ size }) => [balanceName(size), size]));
  const balances = [...sizes].map(([name, size]) => {
    const cells = size.height * size.width;
    const all = new Float32Array(rows * most * cells);
    pictures.forEach((own, row) =>
      own.forEach(({ segment }, i) =>
        all.set(balanceOf(segment, size), (row * most + i) * cells)
      )
    );
    return [name, tensor([rows, most, cells], all)] as const;
  });
  return {
    subject_tokens: tensor([rows, most, textTokens], tokens),
    ...Object.fromEntries(balances),
  };
}

/** Outside over its area less inside over its area. */
function balanceOf(
  segment: LocalizedSubject["segment"],
  size: Size,
): Float32Array {
  const inside = resizeAreas(segment, size);
  const area = inside.reduce((sum, value) => sum + value, 0);
  const around = inside.length - area;
  return inside.map((value) =>
    (1 - value) / (around + epsilon) - value / (area + epsilon)
  );
}
