import type { Hooks } from "../hooks.ts";
import { conv2d, groupNorm } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { coordinateChannels } from "../../weights/unet_channels.ts";
import { withCoordinates } from "../coordinates.ts";
import type { UnetConfig } from "./unet_config.ts";
import {
  UnetBlocks,
  type UnetConditioning,
  type UnetFeatures,
} from "./unet_blocks.ts";

/**
 * The denoiser of latent diffusion (Rombach et al. 2022), with hooks for adapters.
 *
 * @param sample noisy latents `[N, in_channels, height, width]`.
 * @returns the prediction, `[N, out_channels, height, width]`.
 */
export function unet<T>(
  ops: Ops<T>,
  p: Params<T>,
  sample: T,
  config: UnetConfig,
  conditioning: UnetConditioning<T>,
): T {
  ops = withGroupNorm(ops, conditioning.hooks?.groupNorm);
  const blocks = new UnetBlocks(ops, p, config, conditioning);
  const [first] = config.block_out_channels;
  const { coordinates: octaves = 0, coordinateFit: fit } = config;
  const placed = octaves > 0
    ? withCoordinates(ops, sample, { octaves, fit })
    : sample;
  let x = conv2d(ops, p.at("conv_in"), placed, {
    in: config.in_channels + coordinateChannels(octaves),
    out: first!,
  });
  const skip = { x, channels: first! };
  x = blocks.last(conditioning.deep ?? blocks.deep(skip), skip);
  x = groupNorm(ops, p.at("conv_norm_out"), x, {
    channels: first!,
    groups: config.norm_num_groups,
    eps: config.norm_eps,
  });
  return conv2d(ops, p.at("conv_out"), ops.silu(x), {
    in: first!,
    out: config.out_channels,
  });
}

/**
 * The way down and the middle of a UNet, which ControlNets are copies of. Hooks of skips do not act.
 *
 * @param first the features after the first convolution, `[N, block_out_channels[0], height, width]`.
 */
export function unetFeatures<T>(
  ops: Ops<T>,
  p: Params<T>,
  first: T,
  config: UnetConfig,
  conditioning: UnetConditioning<T>,
): UnetFeatures<T> {
  const blocks = new UnetBlocks(ops, p, config, conditioning);
  return blocks.features({ x: first, channels: config.block_out_channels[0]! });
}

/** The same operations with another group normalisation, where a hook replaces it. */
function withGroupNorm<T>(
  ops: Ops<T>,
  groupNorm: Hooks<T>["groupNorm"],
): Ops<T> {
  return groupNorm
    ? Object.create(ops, { groupNorm: { value: groupNorm } })
    : ops;
}
