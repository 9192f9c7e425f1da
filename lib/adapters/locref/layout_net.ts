/**
 * Layout-net (paper III-C): in every cross-attention layer of the UNet, text, composite image (CI)
 * and reference images (RI) are attended to apart and joined by Eq. (1).
 *
 * The paper prints Eq. (1) as a picture; the reconstruction that this project holds to is
 *
 *     HS = BM ⊙ T + FM ⊙ (τ·T + λc·C) + λr · Σ sᵢ·Mᵢ ⊙ Aᵢ / max(1, Σ Mᵢ)
 *
 * Everything in it that depends on boxes and strengths alone is one number per query position and
 * term, and comes in as masks that {@linkcode ../masks} computes.
 */

import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Keys and values of one source: `[N, tokens, width]`, or `[N, groups, tokens, width]`. */
export interface KeyValue<T> {
  readonly k: T;
  readonly v: T;
}

/** What one cross-attention layer attends to. */
export interface LayerContext<T> {
  /** The caption's; with {@linkcode LayerMasks.captions}, grouped: the scene's first, then each instance's. */
  readonly text: KeyValue<T>;
  /** The composite image's. Absent in a plain UNet without Layout-net. */
  readonly ci?: KeyValue<T>;
  /** The reference images', one group an instance. */
  readonly ri?: KeyValue<T>;
  /** Is given the layer's queries `[N, Q, width]`, where somebody wants to see them. */
  readonly onQueries?: (q: T) => void;
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
 * @param masks absent in a plain UNet, where HS = T.
 */
export function layoutNet<T>(
  ops: Ops<T>,
  q: T,
  context: LayerContext<T>,
  masks: LayerMasks<T> | undefined,
  heads: number,
): T {
  const { text, ci, ri } = context;
  if (masks === undefined) return ops.attention(q, text.k, text.v, { heads });
  const textTerm = masks.captions !== undefined
    ? ops.regionAttention(q, text.k, text.v, masks.captions, { heads })
    : ops.mul(ops.attention(q, text.k, text.v, { heads }), masks.text);
  const cihs = ci && ops.mul(ops.attention(q, ci.k, ci.v, { heads }), masks.ci);
  const rihs = ri && ops.regionAttention(q, ri.k, ri.v, masks.ri, { heads });
  return [cihs, rihs].reduce<T>(
    (sum, term) => term === undefined ? sum : ops.add(sum, term),
    textTerm,
  );
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
