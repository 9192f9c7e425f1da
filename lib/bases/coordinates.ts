import type { Size } from "../core/geometry.ts";
import type { Ops } from "../ops/ops.ts";
import { cellsBefore, type SquareFit } from "../weights/square_fit.ts";
import { coordinateChannels } from "../weights/unet_channels.ts";

/**
 * Latents with the coordinates of their cells as further channels (Liu et al. 2018, CoordConv).
 *
 * A UNet otherwise knows places through its zero padding only. With these channels its first layer can
 * already look at its own place in the composite image, whose square the grid lies in.
 *
 * @param sample latents `[N, channels, height, width]`.
 * @param octaves octaves of the sinusoids, of which the lowest has half a period in the square.
 * @param fit whether the grid is stretched over the square, or lies in its middle.
 * @returns `[N, channels + 4 · octaves, height, width]`.
 */
export function withCoordinates<T>(
  ops: Ops<T>,
  sample: T,
  { octaves, fit = "stretch" }: {
    readonly octaves: number;
    readonly fit?: SquareFit;
  },
): T {
  const size = ops.sizeOf(sample);
  const shape = [size.height * size.width, coordinateChannels(octaves)];
  const one = ops.constant(shape, coordinates(size, octaves, fit));
  return ops.concatChannels([
    sample,
    ops.image(ops.repeatBatch(one, sample), size),
  ]);
}

/** Sine and cosine of `2ᵏ π x` and `2ᵏ π y` for the middle of each cell, in 0..1, cell by cell. */
function coordinates(
  { height, width }: Size,
  octaves: number,
  fit: SquareFit,
): Float32Array {
  const along = (cells: number) =>
    middles(cells, fit === "contain" ? Math.max(height, width) : cells);
  const across = along(width), down = along(height);
  const channels = coordinateChannels(octaves);
  const values = new Float32Array(height * width * channels);
  for (let cell = 0; cell < height * width; cell++) {
    const x = across[cell % width]!, y = down[Math.floor(cell / width)]!;
    for (let k = 0; k < octaves; k++) {
      const turn = Math.PI * 2 ** k, at = cell * channels + 4 * k;
      values.set([
        ...[Math.sin(turn * x), Math.cos(turn * x)],
        ...[Math.sin(turn * y), Math.cos(turn * y)],
      ], at);
    }
  }
  return values;
}

/** Middles of `cells` in 0..1, in the middle of `all` cells. */
function middles(cells: number, all: number): number[] {
  const before = cellsBefore(cells, all);
  return Array.from(
    { length: cells },
    (_, cell) => (before + cell + 0.5) / all,
  );
}
