/** FastComposer's fusion of pictures into the words that name them (Xiao et al. 2023, 4.1). */

import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Inputs of the fusion, beside the text's tokens. */
export interface FusionInputs<T> {
  /** The picture's embedding at each token that names one, zeros elsewhere: `[N, tokens, width]`. */
  readonly pictures: T;
  /** 1 at tokens that name a picture, 0 elsewhere: `[N, tokens, 1]`. */
  readonly named: T;
  /** `1 − named`. */
  readonly others: T;
}

/**
 * The text's tokens, with pictures fused into those that name them:
 * `t ← LN(mlp₂(t′) + t′)`, `t′ = mlp₁([t ; e]) + t`.
 *
 * @param text `[N, tokens, width]`.
 */
export function fuseTokens<T>(
  ops: Ops<T>,
  p: Params<T>,
  text: T,
  { inputs, width }: { inputs: FusionInputs<T>; width: number },
): T {
  const turned = [text, inputs.pictures].map((one) => ops.turnTokens(one));
  const both = ops.turnTokens(ops.concatTokens(turned));
  const first = ops.add(
    mlp(ops, p.at("mlp1"), both, { in: 2 * width, out: width }),
    text,
  );
  const second = ops.add(
    mlp(ops, p.at("mlp2"), first, { in: width, out: width }),
    first,
  );
  const fused = layerNorm(ops, p.at("layer_norm"), second, width);
  return ops.add(
    ops.mul(fused, inputs.named),
    ops.mul(text, inputs.others),
  );
}

function mlp<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: { in: number; out: number },
): T {
  const normed = layerNorm(ops, p.at("layernorm"), x, shape.in);
  const hidden = ops.gelu(linear(ops, p.at("fc1"), normed, shape));
  return linear(ops, p.at("fc2"), hidden, { in: shape.out, out: shape.out });
}
