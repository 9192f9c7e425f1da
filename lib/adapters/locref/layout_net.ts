/**
 * Layout-net (paper III-C): Eq. (1) in every cross-attention layer of the UNet. It joins separate
 * attention to text, composite image (CI) and reference images (RI).
 *
 * The paper prints Eq. (1) as a picture; this project's reconstruction is
 *
 *     HS = BM ⊙ T + FM ⊙ (τ·T + λc·C) + λr · Σ sᵢ·Mᵢ ⊙ Aᵢ / max(1, Σ Mᵢ)
 *
 * The factors that depend on boxes and strengths alone are masks with one number per query position
 * and term; {@linkcode ../masks} computes them.
 */

import type { KeyValue, TextAttention } from "../../bases/hooks.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Keys and values of the pictures in one cross-attention layer. */
export interface LayerReferences<T> {
  /** The composite image's. */
  readonly ci: KeyValue<T>;
  /** The reference images', one group an instance. */
  readonly ri: KeyValue<T>;
}

/** The factors of Eq. (1) at one resolution with Q query positions; their batch may be 1. */
export interface LayerMasks<T> {
  /** Factor of T, `BM + τ·FM`: `[N, Q, 1]`. */
  readonly text: T;
  /** Factor of C, `λc·FM`: `[N, Q, 1]`. */
  readonly ci: T;
  /** Factors of A, `λr·sᵢ·Mᵢ / max(1, Σ Mᵢ)`: `[N, instances, Q]`. */
  readonly ri: T;
  /** Factors of each caption's own T in place of `text`, `[N, 1 + captions, Q]`. */
  readonly captions?: T;
}

/**
 * The hidden states HS of one cross-attention layer, before its output projection: Eq. (1).
 *
 * @param q the frozen layer's queries, `[N, Q, width]`.
 * @param text the caption's keys and values; grouped where masks have captions.
 */
export function layoutNet<T>(
  ops: Ops<T>,
  q: T,
  text: TextAttention<T>,
  { ci, ri }: LayerReferences<T>,
  options: { masks: LayerMasks<T>; heads: number },
): T {
  const { masks, heads } = options;
  const textTerm = masks.captions !== undefined
    ? ops.regionAttention(q, text.k, text.v, masks.captions, { heads })
    : ops.mul(text.attend(), masks.text);
  const cihs = ops.mul(ops.attention(q, ci.k, ci.v, { heads }), masks.ci);
  const rihs = ops.regionAttention(q, ri.k, ri.v, masks.ri, { heads });
  return ops.add(ops.add(textTerm, cihs), rihs);
}

/**
 * Number of a cross-attention layer in the names of files: they count layers as diffusers does,
 * self-attention in between.
 */
export function layoutNetIndex(layer: number): number {
  return 2 * layer + 1;
}

/** The two branches that Layout-net adds to each cross-attention layer. */
export type Branch = "ci" | "ri";

/** Keys and values of `tokens` `[N, tokens, from]` in layer `index` of Layout-net's `branch`. */
export function branchKeyValue<T>(
  ops: Ops<T>,
  p: Params<T>,
  tokens: T,
  options: { branch: Branch; from: number; width: number },
): KeyValue<T> {
  const { branch, from, width } = options;
  return {
    k: ops.linear(tokens, p.at(`to_k_${branch}`).get("weight", [width, from])),
    v: ops.linear(tokens, p.at(`to_v_${branch}`).get("weight", [width, from])),
  };
}
