import type { Hooks, KeyValue, SelfParts } from "../hooks.ts";
import type { AttentionSite } from "../places.ts";
import { conv2d, groupNorm, layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Size } from "../../core/geometry.ts";
import type { Params } from "../../ops/params.ts";

/** Sizes of a {@linkcode spatialTransformer}. */
export interface TransformerShape<T> {
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
  readonly groups: number;
  readonly size: Size;
  /** Whether the projections around the blocks are linear layers (SD 2) or 1×1 convolutions (SD 1.5). */
  readonly linearProjection: boolean;
  /** The attention layer below the full name `path`. */
  readonly siteOf: (path: string) => AttentionSite;
  /** Keys and values of the text in a cross-attention layer. */
  readonly textOf: (at: AttentionSite) => KeyValue<T>;
  readonly hooks: Hooks<T>;
  /** Receives the queries `[N, Q, width]` of every cross-attention layer. */
  readonly onQueries?: (at: AttentionSite, q: T) => void;
}

/** Attention over all positions of an image: the `Transformer2DModel` of latent diffusion. */
export function spatialTransformer<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: TransformerShape<T>,
): T {
  const { width, groups, size } = shape;
  const normed = groupNorm(ops, p.at("norm"), x, {
    channels: width,
    groups,
    eps: 1e-6,
  });
  let hidden = projectIn(ops, p.at("proj_in"), normed, shape);
  for (let i = 0; i < shape.depth; i++) {
    const block = p.at("transformer_blocks").at(i);
    hidden = transformerBlock(ops, block, hidden, shape);
  }
  const out = p.at("proj_out"), square = { in: width, out: width };
  return ops.add(
    x,
    shape.linearProjection
      ? ops.image(linear(ops, out, hidden, square), size)
      : conv2d(ops, out, ops.image(hidden, size), { ...square, kernel: 1 }),
  );
}

function projectIn<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: TransformerShape<T>,
): T {
  const { width } = shape;
  return shape.linearProjection
    ? linear(ops, p, ops.tokens(x), { in: width, out: width })
    : ops.tokens(conv2d(ops, p, x, { in: width, out: width, kernel: 1 }));
}

function transformerBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: TransformerShape<T>,
): T {
  const { width, hooks } = shape;
  const normed = (name: string) => layerNorm(ops, p.at(name), x, width);
  x = ops.add(x, selfAttention(ops, p.at("attn1"), normed("norm1"), shape));
  x = hooks.afterSelf?.(siteAt(p.at("attn1"), shape), x) ?? x;
  x = ops.add(x, crossAttention(ops, p.at("attn2"), normed("norm2"), shape));
  return ops.add(x, feedForward(ops, p.at("ff"), normed("norm3"), width));
}

function selfAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: TransformerShape<T>,
): T {
  const square = { in: shape.width, out: shape.width };
  const plain = { ...square, bias: false };
  const own: SelfParts<T> = {
    q: linear(ops, p.at("to_q"), x, plain),
    k: linear(ops, p.at("to_k"), x, plain),
    v: linear(ops, p.at("to_v"), x, plain),
  };
  const parts = shape.hooks.self?.(siteAt(p, shape), own) ?? own;
  const { q, k, v, bias } = parts;
  const mixed = parts.mixed ??
    ops.attention(q, k, v, { heads: shape.heads, bias });
  return linear(ops, p.at("to_out").at(0), mixed, square);
}

function crossAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: TransformerShape<T>,
): T {
  const at = siteAt(p, shape);
  const { hooks, heads, width } = shape;
  const square = { in: width, out: width };
  const text = shape.textOf(at);
  const { k, v } = text;
  let queries: T | undefined;
  const q = () => {
    if (queries !== undefined) return queries;
    queries = linear(ops, p.at("to_q"), x, { ...square, bias: false });
    shape.onQueries?.(at, queries);
    return queries;
  };
  const project = (hidden: T) =>
    linear(ops, p.at("to_out").at(0), hidden, square);
  const result = () => {
    const attend = () => ops.attention(q(), k, v, { heads });
    return project(hooks.cross?.(at, q(), { k, v, attend }) ?? attend());
  };
  const parts = { text, q, project, result };
  return hooks.around?.(at, x, parts) ?? result();
}

function siteAt<T>(p: Params<T>, shape: TransformerShape<T>): AttentionSite {
  return shape.siteOf(p.prefix.slice(0, -1));
}

/** Feed-forward with a gated GELU (Shazeer 2020). */
export function feedForward<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  width: number,
): T {
  const inner = 4 * width;
  const both = linear(ops, p.at("net").at(0).at("proj"), x, {
    in: width,
    out: 2 * inner,
  });
  const [value, gate] = ops.splitWidth(both, 2);
  const gated = ops.mul(value!, ops.gelu(gate!));
  return linear(ops, p.at("net").at(2), gated, { in: inner, out: width });
}
