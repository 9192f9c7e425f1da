/**
 * One layer of MIGC (Zhou et al. 2024): the results of attending to each caption apart are enhanced
 * by the instance's position, joined by an attention within boxes, and mixed cell by cell.
 *
 * Phases are rows of a batch: the scene's own caption, an instance each, the attention within boxes,
 * and nothing. Everything here is of the conditional branch alone.
 */

import type { AttentionSite } from "../../bases/places.ts";
import { boxFourierWidth } from "../gligen/box_fourier.ts";
import { threeLayers } from "../gligen/grounding_net.ts";
import type { Values } from "../../ops/executor.ts";
import { conv2d, layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { cbam } from "./cbam.ts";

/** Places in the row that the last gate sees, fixed in all public files. */
export const migcSlots = 30;

/** The channels' gate of phases has this part of their width inside. */
const reduction = 16;

/** Inputs of a layer, beside the hidden states. */
export interface MigcLayer<T> {
  readonly at: AttentionSite;
  /** Width of text and positions. */
  readonly textWidth: number;
  /** Whether it is MIGC++'s. */
  readonly plus: boolean;
  /** The layer's input of the conditional branch, `[1, Q, width]`. */
  readonly h: T;
  /** Results of each caption after the output projection, `[captions, Q, width]`. */
  readonly results: T;
  /** Masks of this size, boxes and slots, by their names in `migcInputs`. */
  readonly inputs: Values<T>;
}

/** Values of a layer that tests look at. */
export interface MigcParts<T> {
  /** Position of each caption's box as a token, `[captions, 1, textWidth]`. */
  readonly position: T;
  /** `[captions, Q, width]`. */
  readonly enhanced: T;
  /** `[1, Q, width]`. */
  readonly within: T;
  /** Share of each phase in each cell, `[phases, Q, 1]`. */
  readonly share: T;
  /** `[1, Q, width]`. */
  readonly mixed: T;
}

/** The layer's result with its parts. */
export function migcLayer<T>(
  ops: Ops<T>,
  p: Params<T>,
  layer: MigcLayer<T>,
): MigcParts<T> {
  const { plus, results, inputs } = layer;
  const { position, enhanced } = enhancement(ops, p.at("ea"), p, layer);
  const within = layoutAttention(ops, p.at("la"), layer);
  const own = ops.mul(enhanced, inputs.enhanced_mask!);
  const front = plus
    ? own
    : ops.add(ops.mul(results, inputs.result_mask!), own);
  const nothing = ops.scale(within, 0);
  const all = joinRows(
    ops,
    layer,
    plus
      // the row of the scene's own caption is nothing here
      ? [front, within]
      : [front, within, nothing],
  );
  const share = shares(ops, p.at("sac"), all, layer);
  const weighted = ops.stackRows(ops.mul(all, share));
  const mixed = ops.unstackRows(
    ops.product(inputs.every_phase!, weighted),
    queriesOf(layer),
  );
  return { position, enhanced, within, share, mixed };
}

function queriesOf({ at }: { readonly at: AttentionSite }): number {
  return at.size.height * at.size.width;
}

function joinRows<T>(
  ops: Ops<T>,
  layer: { readonly at: AttentionSite },
  parts: readonly T[],
): T {
  return ops.unstackRows(
    ops.concatTokens(parts.map((one) => ops.stackRows(one))),
    queriesOf(layer),
  );
}

/** One row once for each caption. */
export function repeatRow<T>(
  ops: Ops<T>,
  row: T,
  { captions, queries }: { captions: T; queries: number },
): T {
  return ops.unstackRows(ops.product(captions, ops.stackRows(row)), queries);
}

/** Attention to each instance's phrase and position (EA). */
function enhancement<T>(
  ops: Ops<T>,
  p: Params<T>,
  whole: Params<T>,
  layer: MigcLayer<T>,
): { position: T; enhanced: T } {
  const { at, textWidth, h, inputs } = layer;
  const { width, heads } = at;
  const position = threeLayers(
    ops,
    whole.at("pos_net").at("linears_position"),
    inputs.boxes!,
    { in: boxFourierWidth, out: textWidth },
  );
  const ground = ops.concatTokens([inputs.phrases!, position]);
  const fromText = { in: textWidth, out: width, bias: false };
  const q = linear(
    ops,
    p.at("to_q"),
    layerNorm(ops, whole.at("norm"), h, width),
    { in: width, out: width, bias: false },
  );
  const mixed = ops.attention(
    repeatRow(ops, q, {
      captions: inputs.every_caption!,
      queries: queriesOf(layer),
    }),
    linear(ops, p.at("to_k"), ground, fromText),
    linear(ops, p.at("to_v"), ground, fromText),
    { heads },
  );
  const enhanced = linear(ops, p.at("to_out").at(0), mixed, {
    in: width,
    out: width,
  });
  return { position, enhanced };
}

/** Self-attention of cells that some box, or the background, holds together (LA). */
function layoutAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  { at, h, inputs }: MigcLayer<T>,
): T {
  const square = { in: at.width, out: at.width };
  const plain = { ...square, bias: false };
  const mixed = ops.attention(
    linear(ops, p.at("to_q"), h, plain),
    linear(ops, p.at("to_k"), h, plain),
    linear(ops, p.at("to_v"), h, plain),
    { heads: at.heads, bias: inputs.apart! },
  );
  return linear(ops, p.at("to_out").at(0), mixed, square);
}

/** Shares of the phases in each cell (SAC), which sum to 1. */
function shares<T>(
  ops: Ops<T>,
  p: Params<T>,
  phases: T,
  { at, plus, inputs }: MigcLayer<T>,
): T {
  const { width, size } = at;
  const queries = size.height * size.width;
  const scored = plus ? phases : maskedFeatures(ops, p, phases, { at, inputs });
  const scores = ops.tokens(
    conv2d(ops, p.at("conv2"), ops.image(scored, size), {
      ...{ in: width, out: 1, kernel: 1 },
    }),
  );
  const slots = ops.product(inputs.slots!, ops.stackRows(scores));
  const gated = cbam(ops, p.at("cbam2"), ops.turnTokens(slots), {
    ...{ size, channels: migcSlots, hidden: migcSlots },
  });
  const picked = ops.product(inputs.picks!, ops.turnTokens(gated));
  const open = ops.add(picked, inputs.closed!);
  const share = ops.softmax(ops.turnTokens(open));
  return ops.unstackRows(ops.turnTokens(share), queries);
}

function maskedFeatures<T>(
  ops: Ops<T>,
  p: Params<T>,
  phases: T,
  { at, inputs }: { at: AttentionSite; inputs: Values<T> },
): T {
  const { width, size } = at;
  const both = [phases, inputs.phase_mask!].map((one) => ops.image(one, size));
  const features = conv2d(ops, p.at("conv1"), ops.concatChannels(both), {
    ...{ in: width + 1, out: width, kernel: 1 },
  });
  return cbam(ops, p.at("cbam1"), ops.tokens(features), {
    ...{ size, channels: width, hidden: Math.floor(width / reduction) },
  });
}
