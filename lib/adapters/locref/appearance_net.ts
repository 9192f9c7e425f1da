/** Appearance-Net (paper III-B) and the public projections that can take its place. */

import type { Program } from "../../ops/executor.ts";
import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { resampler, type ResamplerShape } from "../ip_adapter/resampler.ts";

/** The kinds of projection from image features to tokens. */
export type AppearanceNetKind =
  | "locref"
  | "ip-adapter-base"
  | "ip-adapter-full"
  | "ip-adapter-plus";

/** Form and sizes of an Appearance-Net. */
export interface AppearanceNetShape {
  readonly kind: AppearanceNetKind;
  /** Which features of the image encoder come in. */
  readonly input: "pooled" | "patch" | "embeds";
  /** Width of those features. */
  readonly inputWidth: number;
  /** Width between the two linear layers. */
  readonly hiddenWidth: number;
  /** Width of the tokens that go out, the UNet's `cross_attention_dim`. */
  readonly width: number;
  /** Tokens that one picture becomes. */
  readonly tokens: number;
  /** Sizes of the resampler of the plus kind. */
  readonly resampler?: ResamplerShape;
}

/**
 * Features of the frozen image encoder as tokens for cross-attention.
 *
 * "The projection network used in this study comprises two linear layers and a normalization
 * layer" (III-B): Linear → GELU → Linear → LayerNorm. One vector (`pooled`, `embeds`) becomes
 * `tokens` tokens; of `patch` features each becomes one.
 *
 * @param features `[N, inputWidth]` or `[N, tokens, inputWidth]`.
 * @returns `[N, tokens, width]`.
 */
export function appearanceNet<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  shape: AppearanceNetShape,
): T {
  switch (shape.kind) {
    case "locref":
      return twoLayers(ops, p.at("appearance_net"), features, shape);
    case "ip-adapter-base":
      return oneLayer(ops, p.at("image_proj"), features, shape);
    case "ip-adapter-full":
      return fullProjection(
        ops,
        p.at("image_proj").at("proj"),
        features,
        shape,
      );
    case "ip-adapter-plus":
      return resampler(ops, p.at("image_proj"), features, shape.resampler!);
  }
}

function twoLayers<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  shape: AppearanceNetShape,
): T {
  const { inputWidth, hiddenWidth, width, tokens, input } = shape;
  const each = input === "patch" ? 1 : tokens;
  const proj = p.at("proj");
  const hidden = ops.gelu(
    linear(ops, proj.at(0), features, { in: inputWidth, out: hiddenWidth }),
  );
  const out = linear(ops, proj.at(2), hidden, {
    in: hiddenWidth,
    out: each * width,
  });
  return layerNorm(
    ops,
    p.at("norm"),
    input === "patch" ? out : ops.unflatten(out, tokens),
    width,
  );
}

/** `ImageProjModel` of IP-Adapter (Ye et al. 2023, 3.2.1). */
function oneLayer<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  shape: AppearanceNetShape,
): T {
  const { inputWidth, width, tokens } = shape;
  const out = linear(ops, p.at("proj"), features, {
    in: inputWidth,
    out: tokens * width,
  });
  return layerNorm(ops, p.at("norm"), ops.unflatten(out, tokens), width);
}

/** `MLPProjModel` of IP-Adapter's full-face models. */
function fullProjection<T>(
  ops: Ops<T>,
  p: Params<T>,
  features: T,
  shape: AppearanceNetShape,
): T {
  const { inputWidth, hiddenWidth, width } = shape;
  const hidden = ops.gelu(
    linear(ops, p.at(0), features, { in: inputWidth, out: hiddenWidth }),
  );
  const out = linear(ops, p.at(2), hidden, { in: hiddenWidth, out: width });
  return layerNorm(ops, p.at(3), out, width);
}

/** {@linkcode appearanceNet} as a program: `features` in, `tokens` out. */
export function appearanceNetProgram(shape: AppearanceNetShape): Program {
  const { inputWidth, width, input } = shape;
  const features = input === "patch"
    ? ["batch", "patches", inputWidth]
    : ["batch", inputWidth];
  const tokens = input === "patch" && shape.kind !== "ip-adapter-plus"
    ? "patches"
    : shape.tokens;
  return {
    name: "appearance_net",
    inputs: { features: { kind: "float", shape: features } },
    outputs: { tokens: { kind: "float", shape: ["batch", tokens, width] } },
    run: (ops, params, inputs) => ({
      tokens: appearanceNet(ops, params, inputs.features!, shape),
    }),
  };
}
