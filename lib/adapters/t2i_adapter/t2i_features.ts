import { type Tensor, tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import type { Runner } from "../../ops/executor.ts";
import { isHalved, type T2iAdapterConfig } from "./t2i_adapter.ts";
import type { Size } from "../../core/geometry.ts";

/**
 * The features of a control picture, one a level.
 *
 * @param picture `[N, in_channels, height, width]`, 0..1.
 * @param runner compiles the program of a level for features of a size.
 */
export async function t2iFeatures(
  picture: Tensor,
  config: T2iAdapterConfig,
  runner: (level: number, size: Size) => Promise<Runner>,
): Promise<Tensor[]> {
  let x = squaresAsChannels(picture, config.downscale_factor);
  const features: Tensor[] = [];
  for (const level of config.channels.keys()) {
    if (isHalved(config, level)) x = halved(x);
    const [, , height, width] = x.shape;
    const run = await runner(level, { height: height!, width: width! });
    x = (await run.run({ x })).feature!;
    features.push(x);
  }
  return features;
}

/** Squares of `factor` × `factor` pixels as channels, row by row (`PixelUnshuffle`). */
function squaresAsChannels(x: Tensor, factor: number): Tensor {
  const [rows, channels, height, width] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  const [high, wide] = [height / factor, width / factor];
  const source = floats(x);
  const data = new Float32Array(source.length);
  let at = 0;
  for (let plane = 0; plane < rows * channels; plane++) {
    for (let square = 0; square < factor ** 2; square++) {
      const dy = Math.floor(square / factor), dx = square % factor;
      for (let i = 0; i < high; i++) {
        const row = (plane * height + i * factor + dy) * width + dx;
        for (let j = 0; j < wide; j++) data[at++] = source[row + j * factor]!;
      }
    }
  }
  return tensor([rows, channels * factor ** 2, high, wide], data);
}

/** The mean of each 2 × 2 cells; of the last ones, what lies inside. */
export function halved(x: Tensor): Tensor {
  const [rows, channels, height, width] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  const high = Math.ceil(height / 2), wide = Math.ceil(width / 2);
  const source = floats(x);
  const data = new Float32Array(rows * channels * high * wide);
  let at = 0;
  for (let plane = 0; plane < rows * channels; plane++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        let sum = 0, count = 0;
        for (let y = 2 * i; y < Math.min(2 * i + 2, height); y++) {
          for (let z = 2 * j; z < Math.min(2 * j + 2, width); z++, count++) {
            sum += source[(plane * height + y) * width + z]!;
          }
        }
        data[at++] = sum / count;
      }
    }
  }
  return tensor([rows, channels, high, wide], data);
}
