/** The layers of `torch.nn` that have weights, under the names that checkpoints give them. */

import type { Conv2dOptions, Ops } from "./ops.ts";
import type { Params } from "./params.ts";

/** Widths of a {@linkcode linear} layer. */
export interface LinearShape {
  readonly in: number;
  readonly out: number;
  /** Whether the layer has a bias. @default {true} */
  readonly bias?: boolean;
}

/** `torch.nn.Linear` with the weights `weight` and `bias` of `p`. */
export function linear<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: LinearShape,
): T {
  const weight = p.get("weight", [shape.out, shape.in]);
  return ops.linear(
    x,
    weight,
    shape.bias === false ? undefined : p.get("bias", [shape.out]),
  );
}

/** Shape and placement of a {@linkcode conv2d} layer. */
export interface ConvShape extends Conv2dOptions {
  readonly in: number;
  readonly out: number;
  /** Side of the square kernel, in pixels. @default {3} */
  readonly kernel?: number;
  /** Whether the layer has a bias. @default {true} */
  readonly bias?: boolean;
}

/** `torch.nn.Conv2d` with the weights `weight` and `bias` of `p`; pads to keep the size by default. */
export function conv2d<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: ConvShape,
): T {
  const kernel = shape.kernel ?? 3;
  const weight = p.get("weight", [shape.out, shape.in, kernel, kernel]);
  const bias = shape.bias === false ? undefined : p.get("bias", [shape.out]);
  const padding = shape.padding ?? (kernel - 1) / 2;
  return ops.conv2d(x, weight, bias, { stride: shape.stride, padding });
}

/** `torch.nn.GroupNorm` with the weights `weight` and `bias` of `p`. */
export function groupNorm<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: { channels: number; groups: number; eps: number },
): T {
  const weight = p.get("weight", [shape.channels]);
  return ops.groupNorm(x, weight, p.get("bias", [shape.channels]), shape);
}

/** `torch.nn.LayerNorm` over the last axis, with the weights `weight` and `bias` of `p`. */
export function layerNorm<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  width: number,
  eps = 1e-5,
): T {
  return ops.layerNorm(
    x,
    p.get("weight", [width]),
    p.get("bias", [width]),
    eps,
  );
}
