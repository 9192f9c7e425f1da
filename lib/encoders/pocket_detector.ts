import type { Program } from "../ops/executor.ts";
import { conv2d, groupNorm } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Size } from "../core/geometry.ts";
import type { Params } from "../ops/params.ts";
import { resnetBlock } from "./resnet_block.ts";

/** `config.json` of a pocket detector. */
export interface PocketDetectorConfig {
  /** Side of the square pictures, in pixels. */
  readonly image_size: number;
  /** Channels at 1/2, 1/4 and 1/8 of the picture's side. */
  readonly channels: readonly [number, number, number];
  readonly norm_num_groups: number;
  /** Names of the classes, in the order of their logits. */
  readonly classes: readonly string[];
}

/** Outputs of a detector for every cell of a grid of a quarter of the picture's side. */
export interface DetectorOutputs<T> {
  /** Logit of each class, `[N, classes, side / 4, side / 4]`. */
  readonly logits: T;
  /** Logarithms of the distances, in cells, from a cell's centre to left, top, right, bottom. */
  readonly distances: T;
}

/** How many pixels one cell of the detector's grid stands for, along each side. */
export const detectorStride = 4;

const epsilon = 1e-5;

/**
 * A small detector without anchors, after FCOS (Tian et al. 2019): every cell says what lies on it
 * and how far its edges are.
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 */
export function pocketDetector<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: PocketDetectorConfig,
): DetectorOutputs<T> {
  const {
    channels: [half, quarter, eighth],
    norm_num_groups: groups,
    image_size,
  } = config;
  const side = image_size / detectorStride;
  const block = (name: string, x: T, from: number, out: number) =>
    resnetBlock(ops, p.at(name), x, undefined, {
      in: from,
      out,
      groups,
      eps: epsilon,
    });
  const halved = (name: string, x: T, from: number, out: number) =>
    conv2d(ops, p.at(name), x, { in: from, out, stride: 2 });
  let x = halved("conv_in", pixels, 3, half);
  x = block("block_half", x, half, half);
  x = halved("down_quarter", x, half, quarter);
  const fine = block("block_quarter", x, quarter, quarter);
  x = halved("down_eighth", fine, quarter, eighth);
  x = block("block_eighth", x, eighth, eighth);
  x = block("block_eighth_2", x, eighth, eighth);
  const wide = ops.upsample(x, { height: side, width: side });
  x = block(
    "block_joined",
    ops.concatChannels([wide, fine]),
    eighth + quarter,
    quarter,
  );
  x = groupNorm(ops, p.at("norm_out"), x, {
    channels: quarter,
    groups,
    eps: epsilon,
  });
  x = ops.silu(x);
  const { classes } = config;
  return {
    logits: conv2d(ops, p.at("logits"), x, {
      in: quarter,
      out: classes.length,
    }),
    distances: conv2d(ops, p.at("distances"), x, { in: quarter, out: 4 }),
  };
}

/** {@linkcode pocketDetector} as a program: `pixels` in; `logits`, `distances` out. */
export function pocketDetectorProgram(config: PocketDetectorConfig): Program {
  const side = config.image_size / detectorStride;
  const grid: Size = { height: side, width: side };
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, grid.height, grid.width],
  });
  return {
    name: "pocket_detector",
    inputs: {
      pixels: {
        kind: "image",
        shape: ["batch", 3, config.image_size, config.image_size],
      },
    },
    outputs: { logits: image(config.classes.length), distances: image(4) },
    run: (ops, params, inputs) => ({
      ...pocketDetector(ops, params, inputs.pixels!, config),
    }),
  };
}
