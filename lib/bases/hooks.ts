/**
 * Hooks: the places inside a denoiser where adapters act.
 *
 * A base calls the hooks that it is given and imports no adapter. A hook that is absent costs
 * nothing.
 */

import { LocRefError } from "../core/error.ts";
import type { Size } from "../core/geometry.ts";
import type { Signature, Values, WeightSource } from "../ops/executor.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import type { AttentionSite, LevelSite, Places, SkipSite } from "./places.ts";

/** Keys and values of one source: `[N, tokens, width]`, or `[N, groups, tokens, width]`. */
export interface KeyValue<T> {
  /** Keys. */
  readonly k: T;
  /** Values, as many as keys. */
  readonly v: T;
}

/** Queries, keys and values of a self-attention layer. */
export interface SelfParts<T> extends KeyValue<T> {
  /** Queries. */
  readonly q: T;
  /** Added to the scores of all heads, `[N, Q, K]`; its batch may be 1. @default {nothing} */
  readonly bias?: T;
  /** The result before the layer's output projection. @default {attention to the keys} */
  readonly mixed?: T;
}

/** A layer on the way up, before a skip joins its features. */
export interface JoinSite {
  /** Place of its block among those on the way up, from 0. */
  readonly block: number;
}

/** Features on the way up, and the skip that joins them. */
export interface Joined<T> {
  /** The features. */
  readonly x: T;
  /** The skip. */
  readonly skip: T;
}

/** The text of a cross-attention layer, and the result of attending to it. */
export interface TextAttention<T> extends KeyValue<T> {
  /** Attention to the text, or the result of the hook before, `[N, Q, width]`. */
  attend(): T;
}

/** A cross-attention layer's pieces, for adapters that stand around it. */
export interface CrossParts<T> {
  /** Keys and values of the text. */
  readonly text: KeyValue<T>;
  /** Queries of the layer's input, `[N, Q, width]`. */
  q(): T;
  /** The layer's output projection. */
  project(hidden: T): T;
  /** The layer's whole result, or that of the hook before, `[N, Q, width]`. */
  result(): T;
}

/** A group normalisation. */
export interface NormShape {
  /** Channels of the image. */
  readonly channels: number;
  /** Groups that they are divided into. */
  readonly groups: number;
  /** Added to variances. */
  readonly eps: number;
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
  around?(at: AttentionSite, h: T, parts: CrossParts<T>): T;
  /** Replaces group normalisation of an image (StyleAligned). */
  groupNorm?(x: T, weight: T, bias: T, shape: NormShape): T;
  /** Replaces a skip, or the middle block's result (ControlNet). */
  residual?(at: SkipSite, x: T): T;
  /** Replaces features on the way up and the skip that joins them (FreeU). */
  join?(at: JoinSite, parts: Joined<T>): Joined<T>;
  /**
   * Replaces the features of a level on the way down (T2I-Adapter): after the last layer of a block
   * that attends, and after the whole of one that does not, its downsampler included.
   */
  level?(at: LevelSite, x: T): T;
}

/** Inputs of a program by name. */
export type Signatures = Readonly<Record<string, Signature>>;

/** The name of a hook. */
export type HookName = keyof Hooks<unknown>;

/** Change of the text by an adapter, before keys and values are computed of it, once a scene. */
export interface TextHook {
  /** Its inputs, for tokens of `width`. */
  inputs(width: number): Signatures;
  /** The tokens `[N, tokens, width]` with something fused into them (FastComposer). */
  fuse<T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>, tokens: T): T;
}

/** The part of an adapter that becomes part of the denoiser's graph. */
export interface AdapterGraph {
  /**
   * Name in programs, and before the names of its inputs and weights: `gligen` makes `gligen.gate` of
   * its input `gate`. No two adapters of a graph share it.
   */
  readonly prefix: string;
  /**
   * Whether its inputs stand at the edge of the graph without the prefix, as LocRef's have from the
   * first version on.
   *
   * @default {false}
   */
  readonly bareInputs?: boolean;
  /** The hooks that it has. */
  readonly acts: readonly HookName[];
  /** Hooks in which it bears no other adapter. @default {none} */
  readonly alone?: readonly HookName[];
  /** Weights that its hooks read inside the denoiser, under their own names. @default {none} */
  readonly weights?: WeightSource;
  /** Inputs of one cross-attention layer. */
  layerInputs?(at: AttentionSite): Signatures;
  /** Inputs that all cross-attention layers of one size share. */
  sizeInputs?(size: Size): Signatures;
  /** Inputs beside those of layers and sizes. */
  inputs?(places: Places): Signatures;
  /** Values that its hooks put out beside the prediction, under its own names. */
  outputs?(places: Places): Signatures;
  /**
   * The hooks.
   *
   * @param params Its own weights.
   * @param inputs Its own inputs, and the base's, such as `sample` and `time`.
   * @param put Receives a value of {@linkcode AdapterGraph.outputs} by its name.
   */
  hooks<T>(
    ops: Ops<T>,
    params: Params<T>,
    inputs: Values<T>,
    places: Places,
    put?: (name: string, value: T) => void,
  ): Hooks<T>;
  /** Its change of the text. */
  readonly text?: TextHook;
}

/** The hooks of one adapter. */
export interface NamedHooks<T> {
  readonly prefix: string;
  readonly hooks: Hooks<T>;
}

/**
 * Several adapters' hooks as one, each acting on the result of the one before.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if two replace group normalisation, which has no
 * result of the one before.
 */
export function joinHooks<T>(list: readonly NamedHooks<T>[]): Hooks<T> {
  if (list.length === 1) return list[0]!.hooks;
  const all = list.map(({ hooks }) => hooks);
  const norms = list.filter(({ hooks }) => hooks.groupNorm);
  if (norms.length > 1) {
    const [one, other] = norms;
    throw new LocRefError(
      "checkpoint-mismatch",
      `Adapters "${one!.prefix}" and "${
        other!.prefix
      }" both replace group normalisation: load one of them`,
    );
  }
  return {
    self: chain(all.map(({ self }) => self)),
    afterSelf: chain(all.map(({ afterSelf }) => afterSelf)),
    residual: chain(all.map(({ residual }) => residual)),
    level: chain(all.map(({ level }) => level)),
    join: chain(all.map(({ join }) => join)),
    cross: joinCross(all),
    around: joinAround(all),
    groupNorm: norms[0]?.hooks.groupNorm,
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
  return (at, h, parts) =>
    present.reduce<() => T>(
      (result, around) => () => around(at, h, { ...parts, result }),
      parts.result,
    )();
}
