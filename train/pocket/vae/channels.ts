import type { Tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";

/** The root of the mean of `value` in each channel, less the square of the mean of `centre`. */
export function perChannel(
  latents: Tensor,
  value: (x: number) => number,
  centre: (x: number) => number = () => 0,
): number[] {
  const [count, channels, height, width] = latents.shape as [
    number,
    number,
    number,
    number,
  ];
  const cells = height * width, data = floats(latents);
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0, middle = 0;
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < cells; i++) {
        const x = data[(n * channels + c) * cells + i]!;
        sum += value(x);
        middle += centre(x);
      }
    }
    const all = count * cells;
    return Math.sqrt(sum / all - (middle / all) ** 2);
  });
}

/** Deviation of each channel of latents `[N, C, height, width]`. */
export function channelDeviations(latents: Tensor): number[] {
  return perChannel(latents, (x) => x * x, (x) => x);
}
