import { linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { timeWidth, type UnetConfig } from "./unet_config.ts";

/**
 * Sinusoids of the timesteps (Vaswani et al. 2017, 3.5, with period up to 10,000), computed on
 * the host since they depend on nothing else.
 *
 * @returns `[timesteps, block_out_channels[0]]`.
 */
export function timeSinusoids(
  timesteps: readonly number[],
  config: UnetConfig,
): Tensor {
  const width = config.block_out_channels[0]!;
  const half = width / 2;
  const sinFirst = !(config.flip_sin_to_cos ?? true);
  const data = new Float32Array(timesteps.length * width);
  for (const [n, timestep] of timesteps.entries()) {
    for (let i = 0; i < half; i++) {
      const exponent = -Math.log(10000) * i / (half - (config.freq_shift ?? 0));
      const angle = Math.fround(timestep * Math.fround(Math.exp(exponent)));
      data[n * width + i] = sinFirst ? Math.sin(angle) : Math.cos(angle);
      data[n * width + half + i] = sinFirst ? Math.cos(angle) : Math.sin(angle);
    }
  }
  return tensor([timesteps.length, width], data);
}

/** The sinusoids `[N, width]` through their two linear layers: `[N, 4 · width]`. */
export function timeEmbedding<T>(
  ops: Ops<T>,
  p: Params<T>,
  sinusoids: T,
  config: UnetConfig,
): T {
  const out = timeWidth(config);
  const shape = { in: config.block_out_channels[0]!, out };
  const hidden = ops.silu(linear(ops, p.at("linear_1"), sinusoids, shape));
  return linear(ops, p.at("linear_2"), hidden, { in: out, out });
}
