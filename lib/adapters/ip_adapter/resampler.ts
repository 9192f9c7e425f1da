import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Sizes of {@linkcode perceiverLayers}. */
export interface PerceiverShape {
  /** Width inside. */
  readonly innerWidth: number;
  /** Width that queries, keys and values have together over all heads. */
  readonly attentionWidth: number;
  /** Width of the feed-forward layers. */
  readonly feedForwardWidth: number;
  readonly layers: number;
  /** Width of one head. @default {64, as in all public files} */
  readonly headWidth?: number;
}

/** Sizes of a {@linkcode resampler}. */
export interface ResamplerShape extends PerceiverShape {
  /** Width of the features that come in. */
  readonly inputWidth: number;
  /** Width of the tokens that go out. */
  readonly width: number;
  /** Number of learned queries, hence of tokens that go out. */
  readonly queries: number;
}

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
  const first = ops.repeatBatch(
    p.get("latents", [1, queries, innerWidth]),
    x,
  );
  const latents = perceiverLayers(ops, p.at("layers"), x, first, shape);
  const out = linear(ops, p.at("proj_out"), latents, {
    in: innerWidth,
    out: width,
  });
  return layerNorm(ops, p.at("norm_out"), out, width);
}

/** Layers in which `latents` `[N, queries, innerWidth]` attend to `x` and to themselves. */
export function perceiverLayers<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  latents: T,
  shape: PerceiverShape,
): T {
  for (let i = 0; i < shape.layers; i++) {
    const layer = p.at(i);
    latents = ops.add(
      latents,
      perceiverAttention(ops, layer.at(0), x, latents, shape),
    );
    latents = ops.add(latents, feedForward(ops, layer.at(1), latents, shape));
  }
  return latents;
}

function perceiverAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  latents: T,
  shape: PerceiverShape,
): T {
  const { innerWidth: inner, attentionWidth: width, headWidth = 64 } = shape;
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
  shape: PerceiverShape,
): T {
  const { innerWidth: inner, feedForwardWidth: wide } = shape;
  const normed = layerNorm(ops, p.at(0), x, inner);
  const hidden = ops.gelu(
    linear(ops, p.at(1), normed, { in: inner, out: wide, bias: false }),
  );
  return linear(ops, p.at(3), hidden, { in: wide, out: inner, bias: false });
}
