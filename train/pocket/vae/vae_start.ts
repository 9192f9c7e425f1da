import { random } from "../../../lib/core/random.ts";
import type { VaeConfig } from "../../../lib/encoders/vae_config.ts";
import type { HostWeight, HostWeights } from "../../loop/host_weights.ts";
import { fitLinearCodec, type LinearCodec } from "./linear_codec.ts";
import {
  beginConstants,
  beginDown,
  beginUp,
  carry,
  cleared,
  identity,
  keepClear,
  type Weights,
} from "./begin_convolutions.ts";
import {
  channelsOf,
  groupDeviation,
  type Layout,
  pairedLayout,
  plainLayout,
} from "./vae_layout.ts";

/** Weights that a VAE begins with. */
export interface VaeStart {
  readonly weights: HostWeights;
  /** Mean square of each latent channel. */
  readonly squares: readonly number[];
}

/**
 * Weights with which a VAE begins as the best linear codec of pictures. So every latent channel
 * carries something from the first step on, and a picture foretells it.
 *
 * In every feature map the first channels carry the codec's values, and two the constants ±4, all on
 * the residual path. The constants keep group normalisation from hiding the size of values. Where a
 * tower ends, values come with their negatives in one group of normalisation, and
 * SiLU(x) − SiLU(−x) = x gives them back. All other weights begin small.
 */
export function linearVaeStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: {
    readonly config: VaeConfig;
    readonly seed: number;
    /** Pictures that the codec is fitted to, `[3, side, side]`, 0..1. */
    readonly pictures: readonly Float32Array[];
    readonly side: number;
  },
): VaeStart {
  const { config, pictures, side, seed } = options;
  const kept = keptChannels(config);
  const codec = fitLinearCodec(pictures, { side, kept });
  const weights = new Map<string, HostWeight>();
  for (const [name, shape] of shapes) {
    weights.set(name, { shape, data: smallWeight(name, shape, seed) });
  }
  beginEncoder(weights, config, codec);
  beginDecoder(weights, config, codec);
  return { weights, squares: codec.deviations.map((x) => x * x) };
}

/** How many values of the codec each level keeps, the latents last. */
function keptChannels(config: VaeConfig): number[] {
  const widths = config.block_out_channels.slice(0, -1);
  let values = config.in_channels;
  return widths.map((width, i) => {
    values = i === widths.length - 1
      ? config.latent_channels
      : Math.min(4 * values, width - 2);
    return values;
  });
}

function smallWeight(
  name: string,
  shape: readonly number[],
  seed: number,
): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (shape.length === 1) {
    if (/norm\w*\.weight$/.test(name)) data.fill(1);
    return data;
  }
  const fanIn = data.length / shape[0]!;
  const isLast = name.includes(".conv2.") || name.includes("conv_out");
  const deviation = (isLast ? 0.05 : 0.3) / Math.sqrt(fanIn);
  const stream = random(seed, "vae", name);
  return data.map(() => stream.normal() * deviation);
}

function beginEncoder(
  weights: Weights,
  config: VaeConfig,
  { down, deviations }: LinearCodec,
): void {
  const widths = config.block_out_channels, last = widths.length - 1;
  const groups = config.norm_num_groups;
  const latents = config.latent_channels;
  let layout = plainLayout(widths[0]!, config.in_channels);
  const first = cleared(weights, "encoder.conv_in", channelsOf(layout));
  for (const { channel, value } of layout.carriers) first(channel, value, 4, 1);
  beginConstants(weights, "encoder.conv_in", layout);
  for (const [i, width] of widths.entries()) {
    const block = `encoder.down_blocks.${i}`;
    const values = i === last ? latents : layout.carriers.length;
    const own = i === last
      ? pairedLayout(width, values, groups)
      : plainLayout(width, values);
    const shortcut = `${block}.resnets.0.conv_shortcut`;
    if (weights.has(`${shortcut}.weight`)) {
      carry(weights, shortcut, { from: layout, to: own, middle: 0 });
    }
    keepClear(weights, `${block}.`, own);
    layout = own;
    if (i === last) break;
    const isLastDown = i === last - 1 && widths[last] === width;
    const to = isLastDown
      ? pairedLayout(width, latents, groups)
      : plainLayout(width, down[i]!.weights.rows);
    beginDown(weights, `${block}.downsamplers.0.conv`, {
      map: down[i]!,
      from: layout,
      to,
    });
    layout = to;
  }
  keepClear(weights, "encoder.mid_block.", layout);
  beginMoments(weights, layout, { latents, deviations, groups });
}

/** The encoder's end: means with their own size, variances that are nearly nothing. */
function beginMoments(
  weights: Weights,
  layout: Layout,
  { latents, deviations, groups }: {
    readonly latents: number;
    readonly deviations: readonly number[];
    readonly groups: number;
  },
): void {
  const squares = deviations.map((x) => x * x);
  const spread = groupDeviation(layout, squares, groups);
  const out = Array.from({ length: 2 * latents }, (_, i) => i);
  const set = cleared(weights, "encoder.conv_out", out);
  for (const { channel, value, sign } of layout.carriers) {
    set(value, channel, 4, sign * spread);
  }
  // the second half of moments are logarithms of variances: begin nearly certain
  weights.get("encoder.conv_out.bias")!.data.fill(-6, latents);
  identity(weights, "quant_conv", out);
  const rows = Array.from({ length: latents }, (_, i) => i);
  identity(weights, "post_quant_conv", rows);
}

function beginDecoder(
  weights: Weights,
  config: VaeConfig,
  { up }: LinearCodec,
): void {
  const widths = config.block_out_channels.toReversed();
  const last = widths.length - 1, groups = config.norm_num_groups;
  let layout = plainLayout(widths[0]!, config.latent_channels);
  const first = cleared(weights, "decoder.conv_in", channelsOf(layout));
  for (const { channel, value } of layout.carriers) first(channel, value, 4, 1);
  beginConstants(weights, "decoder.conv_in", layout);
  keepClear(weights, "decoder.mid_block.", layout);
  for (const [i, width] of widths.entries()) {
    const block = `decoder.up_blocks.${i}`;
    const values = layout.carriers.length;
    const isLast = i === last;
    const shortcut = `${block}.resnets.0.conv_shortcut`;
    const own = isLast && weights.has(`${shortcut}.weight`)
      ? pairedLayout(width, values, groups)
      : isLast
      ? layout
      : plainLayout(width, values);
    if (weights.has(`${shortcut}.weight`)) {
      carry(weights, shortcut, { from: layout, to: own, middle: 0 });
    }
    keepClear(weights, `${block}.`, own);
    layout = own;
    if (isLast) break;
    const { weights: map } = up[i]!;
    const isLastUp = i === last - 1 && widths[last] === width;
    const to = isLastUp
      ? pairedLayout(width, map.columns, groups)
      : plainLayout(width, map.columns);
    beginUp(weights, `${block}.upsamplers.0.conv`, { map, from: layout, to });
    layout = to;
  }
  // colours are about evenly spread over −1..1
  const spread = groupDeviation(layout, [0.3, 0.3, 0.3], groups);
  const set = cleared(weights, "decoder.conv_out", [0, 1, 2]);
  for (const { channel, value, sign } of layout.carriers) {
    set(value, channel, 4, sign * spread);
  }
}
