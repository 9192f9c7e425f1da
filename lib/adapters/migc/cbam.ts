import type { Size } from "../../core/geometry.ts";
import { linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Sizes of a {@linkcode cbam}. */
export interface CbamShape {
  /** Height and width, in cells. */
  readonly size: Size;
  readonly channels: number;
  /** Width between the two layers of the channels' gate. */
  readonly hidden: number;
}

/** Side of the convolution of the cells' gate. */
const kernel = 7;

/**
 * Convolutional block attention (Woo et al. 2018): a gate for each channel, then one for each cell,
 * from means and maxima.
 *
 * @param x `[N, cells, channels]`.
 */
export function cbam<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  { size, channels, hidden }: CbamShape,
): T {
  const cells = size.height * size.width;
  const mlp = p.at("ChannelGate").at("mlp");
  const through = (one: T) => {
    const first = linear(ops, mlp.at(1), one, { in: channels, out: hidden });
    return linear(ops, mlp.at(3), ops.relu(first), {
      in: hidden,
      out: channels,
    });
  };
  const turned = ops.turnTokens(x);
  const mean = ops.scale(ops.turnTokens(ops.sumWidth(turned)), 1 / cells);
  const most = ops.turnTokens(ops.maxWidth(turned));
  const byChannel = ops.sigmoid(ops.add(through(mean), through(most)));
  const gated = ops.mul(x, byChannel);
  const both = [
    ops.maxWidth(gated),
    ops.scale(ops.sumWidth(gated), 1 / channels),
  ].map((one) => ops.image(one, size));
  const weight = p.at("SpatialGate").at("spatial").at("conv").get("weight", [
    ...[1, 2, kernel, kernel],
  ]);
  const byCell = ops.conv2d(ops.concatChannels(both), weight, undefined, {
    padding: (kernel - 1) / 2,
  });
  return ops.mul(gated, ops.sigmoid(ops.tokens(byCell)));
}
