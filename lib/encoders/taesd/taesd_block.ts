import { conv2d } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";

/** Three convolutions around a sum: the block that both sides of a tiny VAE are made of. */
export function taesdBlock<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  width: number,
): T {
  const same = { in: width, out: width };
  const conv = p.at("conv");
  const first = ops.relu(conv2d(ops, conv.at(0), x, same));
  const second = ops.relu(conv2d(ops, conv.at(2), first, same));
  return ops.relu(ops.add(conv2d(ops, conv.at(4), second, same), x));
}
