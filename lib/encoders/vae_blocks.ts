import { conv2d, groupNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Size } from "../core/geometry.ts";
import type { Params } from "../ops/params.ts";
import { resnetBlock } from "./resnet_block.ts";
import { type VaeConfig, vaeEpsilon } from "./vae_config.ts";

/** A run of residual blocks of the VAE, from `channels.in` to `channels.out` channels. */
export function vaeResnets<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: VaeConfig,
  channels: { in: number; out: number; layers: number },
): T {
  for (let i = 0; i < channels.layers; i++) {
    x = resnetBlock(ops, p.at("resnets").at(i), x, undefined, {
      in: i === 0 ? channels.in : channels.out,
      out: channels.out,
      groups: config.norm_num_groups,
      eps: vaeEpsilon,
    });
  }
  return x;
}

/** The middle of encoder and decoder: two residual blocks around one attention over all pixels. */
export function vaeMidBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: VaeConfig,
  size: Size,
): T {
  const width = config.block_out_channels.at(-1)!;
  const groups = config.norm_num_groups;
  const shape = { in: width, out: width, groups, eps: vaeEpsilon };
  x = resnetBlock(ops, p.at("resnets").at(0), x, undefined, shape);
  if (config.mid_block_add_attention ?? true) {
    x = pixelAttention(ops, p.at("attentions").at(0), x, {
      width,
      groups,
      size,
    });
  }
  return resnetBlock(ops, p.at("resnets").at(1), x, undefined, shape);
}

/** The end of encoder and decoder: a normalisation, SiLU and a convolution. */
export function vaeOut<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: VaeConfig,
  channels: { in: number; out: number },
): T {
  const normed = groupNorm(ops, p.at("conv_norm_out"), x, {
    channels: channels.in,
    groups: config.norm_num_groups,
    eps: vaeEpsilon,
  });
  return conv2d(ops, p.at("conv_out"), ops.silu(normed), channels);
}

function pixelAttention<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: { width: number; groups: number; size: Size },
): T {
  const { width, groups, size } = shape;
  const normed = groupNorm(ops, p.at("group_norm"), x, {
    channels: width,
    groups,
    eps: vaeEpsilon,
  });
  const tokens = ops.tokens(normed);
  const square = { in: width, out: width };
  const q = linear(ops, p.at("to_q"), tokens, square);
  const k = linear(ops, p.at("to_k"), tokens, square);
  const v = linear(ops, p.at("to_v"), tokens, square);
  const mixed = ops.attention(q, k, v, { heads: 1 });
  const out = linear(ops, p.at("to_out").at(0), mixed, square);
  return ops.add(x, ops.image(out, size));
}
