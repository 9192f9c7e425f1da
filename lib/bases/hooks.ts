/**
 * Hooks: the places inside a denoiser where adapters act.
 *
 * A base calls the hooks that it is given and imports no adapter. A hook that is absent costs
 * nothing.
 */

import type { Size } from "../core/geometry.ts";
import type { Signature, Values } from "../ops/executor.ts";
import type { Ops } from "../ops/ops.ts";

/** Keys and values of one source: `[N, tokens, width]`, or `[N, groups, tokens, width]`. */
export interface KeyValue<T> {
  readonly k: T;
  readonly v: T;
}

/** One attention layer of a denoiser: its place, width and size. */
export interface AttentionSite {
  readonly kind: "self" | "cross";
  /** Place among the layers of its kind: down, up, middle last, from 0. */
  readonly layer: number;
  /** Name in the checkpoint, such as `down_blocks.0.attentions.0.transformer_blocks.0.attn2`. */
  readonly path: string;
  /** Width of queries, keys and values. */
  readonly width: number;
  readonly heads: number;
  /** How often the latent was halved before. */
  readonly level: number;
  /** Height and width of the query positions, in cells. */
  readonly size: Size;
}

/** The cross-attention of a denoiser, as adapters that add to it need to know it. */
export interface CrossAttention {
  /** Width of the tokens that it reads. */
  readonly textWidth: number;
  /** Its layers for latents of `size`: down, up, middle last. */
  sites(size: Size): readonly AttentionSite[];
}

/** One feature that the way down leaves for the way up, or the middle. */
export interface SkipSite {
  /** Place among the skips, from 0; `"mid"` is the middle block's result. */
  readonly index: number | "mid";
  readonly channels: number;
}

/** The features of one level on the way down, from 0. */
export interface LevelSite {
  readonly level: number;
  readonly channels: number;
}

/** Where a denoiser can be added to beside its attention layers, for one size of latents. */
export interface FeatureSites {
  /** Every skip, the middle block's result last. */
  readonly skips: readonly (SkipSite & { readonly size: Size })[];
  /** Every level on the way down. */
  readonly levels: readonly (LevelSite & { readonly size: Size })[];
}

/** Queries, keys and values of a self-attention layer. */
export interface SelfParts<T> extends KeyValue<T> {
  readonly q: T;
}

/** The text of a cross-attention layer, and the result of attending to it. */
export interface TextAttention<T> extends KeyValue<T> {
  /** Attention to the text, or the result of the hook before, `[N, Q, width]`. */
  attend(): T;
}

/** Hooks of adapters inside a denoiser. */
export interface Hooks<T> {
  /** Replaces queries, keys and values of self-attention, such as shared ones (StyleAligned). */
  self?(at: AttentionSite, parts: SelfParts<T>): SelfParts<T>;
  /** Replaces the hidden states `[N, Q, width]` after self-attention (GLIGEN). */
  afterSelf?(at: AttentionSite, x: T): T;
  /** The hidden states of cross-attention before its output projection (LocRef, IP-Adapter). */
  cross?(at: AttentionSite, q: T, text: TextAttention<T>): T;
  /** Replaces the result of a whole cross-attention layer; `h` is its input (MIGC). */
  around?(at: AttentionSite, h: T, result: () => T): T;
  /** Replaces group normalisation of an image (StyleAligned). */
  groupNorm?: Ops<T>["groupNorm"];
  /** Replaces a skip, or the middle block's result (ControlNet). */
  residual?(at: SkipSite, x: T): T;
  /**
   * Replaces the features of a level on the way down (T2I-Adapter): after the last layer of a block
   * that attends, and after the whole of one that does not, its downsampler included.
   */
  level?(at: LevelSite, x: T): T;
}

/** Inputs of a program by name. */
export type Signatures = Readonly<Record<string, Signature>>;

/** The part of an adapter that becomes part of the denoiser's graph. */
export interface AdapterGraph {
  /** Name in programs that other adapters do not share, such as `locref`. */
  readonly prefix: string;
  /** Inputs of one cross-attention layer. */
  layerInputs?(at: AttentionSite): Signatures;
  /** Inputs that all cross-attention layers of one size share. */
  sizeInputs?(size: Size): Signatures;
  /** Inputs that are added to features. */
  featureInputs?(sites: FeatureSites): Signatures;
  /** The hooks, reading the program's inputs. */
  hooks<T>(
    ops: Ops<T>,
    inputs: Values<T>,
    sites: readonly AttentionSite[],
  ): Hooks<T>;
}

/** Several adapters' hooks as one, each acting on the result of the one before. */
export function joinHooks<T>(list: readonly Hooks<T>[]): Hooks<T> {
  if (list.length === 1) return list[0]!;
  return {
    self: chain(list.map(({ self }) => self)),
    afterSelf: chain(list.map(({ afterSelf }) => afterSelf)),
    residual: chain(list.map(({ residual }) => residual)),
    level: chain(list.map(({ level }) => level)),
    cross: joinCross(list),
    around: joinAround(list),
    groupNorm: list.find(({ groupNorm }) => groupNorm)?.groupNorm,
  };
}

function chain<A, X>(
  hooks: readonly (((at: A, x: X) => X) | undefined)[],
): ((at: A, x: X) => X) | undefined {
  const present = hooks.filter((hook) => hook !== undefined);
  if (present.length === 0) return undefined;
  return (at, x) => present.reduce((value, hook) => hook(at, value), x);
}

function joinCross<T>(list: readonly Hooks<T>[]): Hooks<T>["cross"] {
  const present = list.flatMap(({ cross }) => cross ? [cross] : []);
  if (present.length === 0) return undefined;
  return (at, q, text) =>
    present.reduce<() => T>(
      (attend, cross) => () => cross(at, q, { ...text, attend }),
      () => text.attend(),
    )();
}

function joinAround<T>(list: readonly Hooks<T>[]): Hooks<T>["around"] {
  const present = list.flatMap(({ around }) => around ? [around] : []);
  if (present.length === 0) return undefined;
  return (at, h, result) =>
    present.reduce<() => T>(
      (inner, around) => () => around(at, h, inner),
      result,
    )();
}
