import type { Size } from "../core/geometry.ts";
/**
 * The operations of which every model in this project is made.
 *
 * A model is a plain function over {@linkcode Ops}; it never imports a runtime. Three kinds of
 * value occur, and which one a value is follows from the operation that made it:
 *
 * - an *image*: batch, channels, height, width. Its memory layout is the executor's business.
 * - *tokens*: `[N, tokens, width]`.
 * - a *vector*: `[N, width]`.
 */

/** How many zeros go around an image, in pixels. */
export interface Padding {
  /** Rows above. */
  readonly top: number;
  /** Columns on the right. */
  readonly right: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns on the left. */
  readonly left: number;
}

/** Options of {@linkcode Ops.conv2d}. */
export interface Conv2dOptions {
  /** Step in both directions. @default {1} */
  stride?: number;
  /** Zeros on every side, or on each side by name. @default {0} */
  padding?: number | Padding;
}

/** Options of {@linkcode Ops.attention}. */
export interface AttentionOptions {
  /** Number of heads that the width is divided into. */
  heads: number;
  /** Whether query `i` sees only keys `0 … i`. @default {false} */
  causal?: boolean;
}

/** Terms that {@linkcode Ops.attention} adds to its scores. */
export interface BiasedAttentionOptions<T> extends AttentionOptions {
  /**
   * Added to the scores of all heads, `[N, Q, K]` (its batch may be 1): large negative numbers hide
   * keys.
   *
   * @default {nothing}
   */
  bias?: T;
}

/** Options of {@linkcode Ops.product}. */
export interface ProductOptions {
  /** Whether the last two axes of the first factor are exchanged. @default {false} */
  readonly transposeA?: boolean;
  /** Whether the last two axes of the second factor are exchanged. @default {false} */
  readonly transposeB?: boolean;
}

/** Operations that a model function may use on values of type `T`. */
export interface Ops<T> {
  /** Convolution of an image `x` with `weight` `[out, in, kh, kw]` and, where given, `bias` `[out]`. */
  conv2d(x: T, weight: T, bias: T | undefined, options?: Conv2dOptions): T;
  /** `x · weightᵀ + bias` along the last axis of tokens or a vector; `weight` is `[out, in]`. */
  linear(x: T, weight: T, bias?: T): T;
  /** Rows `ids` `[N, tokens]` (int32) of `table` `[rows, width]`, as tokens. */
  embedding(ids: T, table: T): T;
  /** Group normalisation of an image over `groups` groups of its channels. */
  groupNorm(
    x: T,
    weight: T,
    bias: T,
    options: { groups: number; eps: number },
  ): T;
  /** Layer normalisation along the last axis of tokens or a vector. */
  layerNorm(x: T, weight: T, bias: T, eps: number): T;
  /** Scaled dot-product attention: `q` `[N, Q, W]`, `k` and `v` `[N, K, W]`, result `[N, Q, W]`. */
  attention(q: T, k: T, v: T, options: BiasedAttentionOptions<T>): T;
  /**
   * Sum over groups of weighted attentions, `Σᵢ wᵢ ⊙ softmax(Q Kᵢᵀ / √d) Vᵢ`.
   *
   * `q` is `[N, Q, W]`, `k` and `v` are `[N, groups, K, W]`, `weights` is `[N, groups, Q]`
   * (its batch may be 1); the result is `[N, Q, W]`. Each group has a softmax of its own.
   */
  regionAttention(q: T, k: T, v: T, weights: T, options: { heads: number }): T;

  /** `x · sigmoid(x)`. */
  silu(x: T): T;
  /** Exact GELU, with the error function. */
  gelu(x: T): T;
  /** `x · sigmoid(1.702 x)`. */
  quickGelu(x: T): T;
  /** The larger of `x` and 0. */
  relu(x: T): T;

  /** Element by element; axes of length one (and a missing batch axis of tokens) broadcast. */
  add(a: T, b: T): T;
  /** Element by element; axes of length one broadcast. */
  mul(a: T, b: T): T;
  /** Numbers that no training changes. */
  constant(shape: readonly number[], values: Float32Array): T;
  /** `a − b`, element by element; axes of length one broadcast. */
  sub(a: T, b: T): T;
  /** `a / b`, element by element; axes of length one broadcast. */
  div(a: T, b: T): T;
  /** The square root. */
  sqrt(x: T): T;
  /** `1 / (1 + e⁻ˣ)`. */
  sigmoid(x: T): T;
  /** Products of matrices in the last two axes. */
  product(a: T, b: T, options?: ProductOptions): T;
  /** Softmax along the last axis. */
  softmax(x: T): T;
  /** Sum along the last axis, which is kept with length one. */
  sumWidth(x: T): T;
  /** Largest along the last axis, which is kept with length one. Equals share the derivative. */
  maxWidth(x: T): T;
  /** `x` times a number. */
  scale(x: T, factor: number): T;
  /** Adds a vector `[N, C]` to every pixel of an image with `C` channels. */
  addChannels(x: T, vector: T): T;

  /** Nearest-neighbour resize of an image to `size`. */
  upsample(x: T, size: Size): T;
  /** Joins images along their channels. */
  concatChannels(images: readonly T[]): T;
  /** Cuts an image into `parts` equal parts along its channels. */
  splitChannels(x: T, parts: number): T[];
  /** Height and width of an image. */
  sizeOf(image: T): Size;
  /** An image as tokens, one a pixel, row by row: `[N, height · width, channels]`. */
  tokens(image: T): T;
  /** Tokens `[N, height · width, channels]` as an image. */
  image(tokens: T, size: Size): T;
  /** Joins tokens along their token axis. */
  concatTokens(tokens: readonly T[]): T;
  /** `length` tokens from `start` on, `[N, length, width]`. */
  sliceTokens(x: T, start: number, length: number): T;
  /** Cuts tokens or a vector into `parts` equal parts along the last axis. */
  splitWidth(x: T, parts: number): T[];
  /** Token `index` alone, as a vector `[N, width]`. */
  token(x: T, index: number): T;
  /** A vector `[N, tokens · width]` as tokens `[N, tokens, width]`. */
  unflatten(vector: T, tokens: number): T;
  /** A weight `[1, tokens, width]`, `[tokens, width]` or `[width]` as tokens, repeated to the batch size of `like`. */
  repeatBatch(x: T, like: T): T;
  /**
   * Tokens `[N · groups, tokens, width]` as the `[N, groups, tokens, width]` that
   * {@linkcode Ops.regionAttention} takes; with `groups` counted from `like` `[N, groups, Q]`.
   */
  groupTokens(x: T, like: T): T;
  /** Tokens with the last two axes exchanged: `[N, width, tokens]`. */
  turnTokens(x: T): T;
  /** Tokens `[N, tokens, width]` as one row, a token for each row: `[1, N, tokens · width]`. */
  stackRows(x: T): T;
  /** The inverse of {@linkcode Ops.stackRows}: `[1, N, tokens · width]` as `[N, tokens, width]`. */
  unstackRows(x: T, tokens: number): T;

  /**
   * Runs a part of a model. With this operation, an executor that takes gradients may forget what the
   * part computed inside and compute it again on the way back.
   */
  block?(part: () => T): T;
}
