import { conv2d, groupNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";

/** Sizes of a {@linkcode resnetBlock}. */
export interface ResnetBlockShape {
  readonly in: number;
  readonly out: number;
  readonly groups: number;
  readonly eps: number;
  /** Width of the time embedding; absent in the VAE, which knows no time. */
  readonly timeWidth?: number;
}

/**
 * Residual block of two convolutions (He et al. 2015) with a time embedding as in DDPM (Ho et al. 2020).
 *
 * @param time the time embedding after its SiLU, `[N, timeWidth]`; `undefined` in the VAE.
 */
export function resnetBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  time: T | undefined,
  shape: ResnetBlockShape,
): T {
  const { in: inChannels, out, groups, eps, timeWidth } = shape;
  const normed = groupNorm(ops, p.at("norm1"), x, {
    channels: inChannels,
    groups,
    eps,
  });
  let hidden = conv2d(ops, p.at("conv1"), ops.silu(normed), {
    in: inChannels,
    out,
  });
  if (time !== undefined && timeWidth !== undefined) {
    const shift = linear(ops, p.at("time_emb_proj"), time, {
      in: timeWidth,
      out,
    });
    hidden = ops.addChannels(hidden, shift);
  }
  hidden = groupNorm(ops, p.at("norm2"), hidden, {
    channels: out,
    groups,
    eps,
  });
  hidden = conv2d(ops, p.at("conv2"), ops.silu(hidden), { in: out, out });
  const skip = inChannels === out
    ? x
    : conv2d(ops, p.at("conv_shortcut"), x, { in: inChannels, out, kernel: 1 });
  return ops.add(skip, hidden);
}
