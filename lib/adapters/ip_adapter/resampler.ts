import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Sizes of a {@linkcode resampler}. */
export interface ResamplerShape {
  /** Width of the features that come in. */
  readonly inputWidth: number;
  /** Width inside. */
  readonly innerWidth: number;
  /** Width that queries, keys and values have together over all heads. */
  readonly attentionWidth: number;
  /** Width of the feed-forward layers. */
  readonly feedForwardWidth: number;
  /** Width of the tokens that go out. */
  readonly width: number;
  /** Number of learned queries, hence of tokens that go out. */
  readonly queries: number;
  readonly layers: number;
}

/** Width of one head, fixed in all public files. */
const headWidth = 64;

/**
 * The perceiver resampler (Alayrac et al. 2022) of IP-Adapter's plus models.
 *
 * @param features penultimate hidden states of the image encoder, `[N, patches, inputWidth]`.
 * @returns `[N, queries, width]`.
 */
export function resampler<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  shape: ResamplerShape,
): T {
  const { inputWidth, innerWidth, width, queries } = shape;
  const x = linear(ops, p.at("proj_in"), features, {
    in: inputWidth,
    out: innerWidth,
  });
  let latents = ops.repeatBatch(p.get("latents", [1, queries, innerWidth]), x);
  for (let i = 0; i < shape.layers; i++) {
    const layer = p.at("layers").at(i);
    latents = ops.add(
      latents,
      perceiverAttention(ops, layer.at(0), x, latents, shape),
    );
    latents = ops.add(latents, feedForward(ops, layer.at(1), latents, shape));
  }
  const out = linear(ops, p.at("proj_out"), latents, {
    in: innerWidth,
    out: width,
  });
  return layerNorm(ops, p.at("norm_out"), out, width);
}

function perceiverAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  latents: T,
  shape: ResamplerShape,
): T {
  const { innerWidth: inner, attentionWidth: width } = shape;
  const features = layerNorm(ops, p.at("norm1"), x, inner);
  const queries = layerNorm(ops, p.at("norm2"), latents, inner);
  const q = linear(ops, p.at("to_q"), queries, {
    in: inner,
    out: width,
    bias: false,
  });
  const both = ops.concatTokens([features, queries]);
  const kv = linear(ops, p.at("to_kv"), both, {
    in: inner,
    out: 2 * width,
    bias: false,
  });
  const [k, v] = ops.splitWidth(kv, 2);
  const mixed = ops.attention(q, k!, v!, { heads: width / headWidth });
  return linear(ops, p.at("to_out"), mixed, {
    in: width,
    out: inner,
    bias: false,
  });
}

function feedForward<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: ResamplerShape,
): T {
  const { innerWidth: inner, feedForwardWidth: wide } = shape;
  const normed = layerNorm(ops, p.at(0), x, inner);
  const hidden = ops.gelu(
    linear(ops, p.at(1), normed, { in: inner, out: wide, bias: false }),
  );
  return linear(ops, p.at(3), hidden, { in: wide, out: inner, bias: false });
}
