/** MS-Diffusion's grounding resampler: pictures, phrases and boxes as tokens (Wang et al. 2025, 3.2). */

import { boxFourierWidth } from "../gligen/box_fourier.ts";
import {
  perceiverLayers,
  type PerceiverShape,
} from "../ip_adapter/resampler.ts";
import type { Program, Values, WeightSource } from "../../ops/executor.ts";
import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Sizes of an {@linkcode msResampler}. */
export interface MsResamplerShape extends PerceiverShape {
  /** Width of the features of pictures. */
  readonly inputWidth: number;
  /** Width of the pooled phrases. */
  readonly phraseWidth: number;
  /** Width of the tokens that go out. */
  readonly width: number;
  /** Tokens that a picture becomes. */
  readonly tokens: number;
}

/**
 * Tokens of pictures: learned queries that begin as phrase and box attend to the picture's features.
 * Where `dropped` is 1, they begin as learned ones of no phrase.
 *
 * @returns `[N, tokens, width]`.
 */
export function msResampler<T>(
  ops: Ops<T>,
  p: Params<T>,
  inputs: Values<T>,
  shape: MsResamplerShape,
): T {
  const { inputWidth, innerWidth: inner, tokens, width } = shape;
  const x = linear(ops, p.at("proj_in"), inputs.features!, {
    in: inputWidth,
    out: inner,
  });
  const own = groundedLatents(ops, p, inputs.ground!, shape);
  const none = ops.repeatBatch(
    p.get("grounding_latents", [1, tokens, inner]),
    own,
  );
  const latents = ops.add(
    ops.mul(own, inputs.kept!),
    ops.mul(none, inputs.dropped!),
  );
  const attended = perceiverLayers(ops, p.at("layers"), x, latents, shape);
  const normed = layerNorm(ops, p.at("attention_norm"), attended, inner);
  const out = linear(ops, p.at("proj_out"), normed, { in: inner, out: width });
  return layerNorm(ops, p.at("norm_out"), out, width);
}

/** Phrase and box, `[N, phraseWidth + 64]`, as the first latents. */
function groundedLatents<T>(
  ops: Ops<T>,
  p: Params<T>,
  ground: T,
  { phraseWidth, innerWidth: inner, tokens }: MsResamplerShape,
): T {
  const wide = phraseWidth + boxFourierWidth;
  const layers = p.at("latent_proj");
  const hidden = ops.gelu(
    linear(ops, layers.at(0), ground, { in: wide, out: 2 * wide }),
  );
  const all = linear(ops, layers.at(2), hidden, {
    in: 2 * wide,
    out: tokens * inner,
  });
  return layerNorm(
    ops,
    p.at("latent_norm"),
    ops.unflatten(all, tokens),
    inner,
  );
}

/** {@linkcode msResampler} as a program: features, phrases with boxes, and which are dropped, in; `tokens` out. */
export function msResamplerProgram(shape: MsResamplerShape): Program {
  const float = (...dims: (number | string)[]) => ({
    kind: "float" as const,
    shape: dims,
  });
  return {
    name: "ms_resampler",
    inputs: {
      features: float("pictures", "patches", shape.inputWidth),
      ground: float("pictures", shape.phraseWidth + boxFourierWidth),
      kept: float("pictures", 1, 1),
      dropped: float("pictures", 1, 1),
    },
    outputs: { tokens: float("pictures", shape.tokens, shape.width) },
    run: (ops, params, inputs) => ({
      tokens: msResampler(ops, params.at("image_proj"), inputs, shape),
    }),
  };
}

/** The sizes of a file's resampler; its heads are 64 wide, as in the published one. */
export function msResamplerShape(
  weights: Pick<WeightSource, "info" | "names">,
  headWidth = 64,
): MsResamplerShape {
  const dims = (name: string) =>
    weights.info(`image_proj.${name}`)?.shape ?? [];
  const [, tokens, innerWidth] = dims("grounding_latents");
  const layers = weights.names().filter((name) =>
    /^image_proj\.layers\.\d+\.0\.to_q\./.test(name)
  );
  return {
    headWidth,
    layers: layers.length,
    innerWidth: innerWidth!,
    tokens: tokens!,
    inputWidth: dims("proj_in.weight")[1]!,
    phraseWidth: dims("latent_proj.0.weight")[1]! - boxFourierWidth,
    attentionWidth: dims("layers.0.0.to_q.weight")[0]!,
    feedForwardWidth: dims("layers.0.1.1.weight")[0]!,
    width: dims("norm_out.weight")[0]!,
  };
}
