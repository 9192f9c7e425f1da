import type { Size } from "../../core/geometry.ts";
import type { Program } from "../../ops/executor.ts";
import { conv2d } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** `config.json` of a `T2IAdapter`, as far as it is used. */
export interface T2iAdapterConfig {
  readonly in_channels: number;
  /** Widths of the features, one a level. */
  readonly channels: readonly number[];
  readonly num_res_blocks: number;
  /** Pixels along a side of one cell of the first feature. */
  readonly downscale_factor: number;
  readonly adapter_type: "full_adapter" | "full_adapter_xl";
}

/** Whether a level begins with the mean of each four cells. */
export function isHalved(
  { adapter_type: type }: T2iAdapterConfig,
  level: number,
): boolean {
  return type === "full_adapter_xl" ? level === 2 : level > 0;
}

/**
 * One level of the network (Mou et al. 2023, III-B): its convolutions on the feature of the level
 * before.
 *
 * @param x `[N, channels, height, width]`; at level 0 the picture, each square of pixels as channels.
 */
function t2iAdapterLevel<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: T2iAdapterConfig,
  level: number,
): T {
  const { channels } = config;
  const out = channels[level]!;
  const from = channels[Math.max(0, level - 1)]!;
  if (level === 0) {
    x = conv2d(ops, p.at("conv_in"), x, { in: widthOf(config, 0), out });
  }
  const body = p.at("body").at(level);
  if (out !== from) {
    x = conv2d(ops, body.at("in_conv"), x, { in: from, out, kernel: 1 });
  }
  const width = { in: out, out };
  for (let i = 0; i < config.num_res_blocks; i++) {
    const at = body.at("resnets").at(i);
    const hidden = ops.relu(conv2d(ops, at.at("block1"), x, width));
    const shape = { ...width, kernel: 1 };
    x = ops.add(conv2d(ops, at.at("block2"), hidden, shape), x);
  }
  return x;
}

/**
 * {@linkcode t2iAdapterLevel} as a program for features of `size`: `x` in, `feature` out. Between two
 * levels lies a mean, which the host computes: the network runs once a picture.
 */
export function t2iAdapterProgram(
  config: T2iAdapterConfig,
  level: number,
  { height, width }: Size,
): Program {
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height, width],
  });
  return {
    name: `t2i_adapter_${level}_${width}x${height}`,
    inputs: { x: image(widthOf(config, level)) },
    outputs: { feature: image(config.channels[level]!) },
    run: (ops, params, { x }) => ({
      feature: t2iAdapterLevel(ops, params.at("adapter"), x!, config, level),
    }),
  };
}

/** Channels of what a level reads. */
function widthOf(config: T2iAdapterConfig, level: number): number {
  return level === 0
    ? config.in_channels * config.downscale_factor ** 2
    : config.channels[level - 1]!;
}
