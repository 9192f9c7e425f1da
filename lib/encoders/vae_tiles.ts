/** Coding in tiles, as diffusers' `AutoencoderKL.tiled_decode` and `tiled_encode` do it (0.42). */

import type { Size } from "../core/geometry.ts";
import { sizeOf, type Tensor, tensor, zeros } from "../core/tensor.ts";

/** How a picture is cut into tiles. */
export interface TileShape {
  /** Side of a tile of what is read, in its cells. */
  readonly from: number;
  /** Side of a tile of what is made, in its cells. */
  readonly to: number;
  /** Part of a tile that the next one overlaps. @default {0.25} */
  readonly overlap?: number;
}

/** Codes one tile `[N, channels, height, width]`. */
export type CodeTile = (tile: Tensor) => Promise<Tensor>;

/**
 * Codes an image tile by tile. Each tile is blended linearly with the one above, then with the one to
 * its left, both blended before.
 *
 * Group normalisation and attention see one tile alone, so tones differ a little from tile to tile.
 *
 * @param image `[N, channels, height, width]`.
 */
export async function codeInTiles(
  image: Tensor,
  { from, to, overlap = 0.25 }: TileShape,
  code: CodeTile,
): Promise<Tensor> {
  const step = Math.trunc(from * (1 - overlap));
  const blend = Math.trunc(to * overlap);
  const kept = to - blend;
  const { height, width } = sideOf(image);
  const rows: Tensor[][] = [];
  for (let top = 0; top < height; top += step) {
    const row: Tensor[] = [];
    for (let left = 0; left < width; left += step) {
      const part = { top, left, height: from, width: from };
      const tile = await code(crop(image, part));
      const above = rows.at(-1)?.[row.length];
      if (above) blendInto(tile, above, { axis: "rows", extent: blend });
      const before = row.at(-1);
      if (before) blendInto(tile, before, { axis: "columns", extent: blend });
      row.push(tile);
    }
    rows.push(row);
  }
  return join(rows, kept);
}

function sideOf(image: Tensor): Size {
  return { height: image.shape[2]!, width: image.shape[3]! };
}

/** A part of an image, as far as it lies inside. */
function crop(
  image: Tensor,
  part: Size & { top: number; left: number },
): Tensor {
  const all = sideOf(image);
  const height = Math.min(part.height, all.height - part.top);
  const width = Math.min(part.width, all.width - part.left);
  const [rows, channels] = image.shape as [number, number];
  const result = zeros([rows, channels, height, width]);
  for (let plane = 0; plane < rows * channels; plane++) {
    for (let y = 0; y < height; y++) {
      const start = (plane * all.height + part.top + y) * all.width + part.left;
      result.data.set(
        image.data.subarray(start, start + width),
        (plane * height + y) * width,
      );
    }
  }
  return result;
}

/** Goes over from the end of `before` to the beginning of `tile`. */
function blendInto(
  tile: Tensor,
  before: Tensor,
  { axis, extent }: { axis: "rows" | "columns"; extent: number },
): void {
  const own = sideOf(tile), other = sideOf(before);
  const side = axis === "rows" ? "height" : "width";
  const reach = Math.min(own[side], other[side], extent);
  const planes = tile.shape[0]! * tile.shape[1]!;
  const height = axis === "rows" ? reach : own.height;
  const width = axis === "rows" ? own.width : reach;
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const share = (axis === "rows" ? y : x) / reach;
        const at = (plane * own.height + y) * own.width + x;
        const [fromY, fromX] = axis === "rows"
          ? [other.height - reach + y, x]
          : [y, other.width - reach + x];
        const from = (plane * other.height + fromY) * other.width + fromX;
        tile.data[at] = before.data[from]! * (1 - share) +
          tile.data[at]! * share;
      }
    }
  }
}

/** The tiles side by side, each cut to `kept` cells. */
function join(rows: readonly Tensor[][], kept: number): Tensor {
  const sizes = rows.map((row) => row.map(sideOf));
  const heights = sizes.map((row) => Math.min(row[0]!.height, kept));
  const widths = sizes[0]!.map(({ width }) => Math.min(width, kept));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const [batch, channels] = rows[0]![0]!.shape as [number, number];
  const shape = [batch, channels, sum(heights), sum(widths)];
  const result = tensor(shape, new Float32Array(sizeOf(shape)));
  const whole = sideOf(result);
  for (const [i, row] of rows.entries()) {
    for (const [j, tile] of row.entries()) {
      const own = sideOf(tile);
      const top = sum(heights.slice(0, i)), left = sum(widths.slice(0, j));
      for (let plane = 0; plane < batch * channels; plane++) {
        for (let y = 0; y < heights[i]!; y++) {
          const start = (plane * own.height + y) * own.width;
          result.data.set(
            tile.data.subarray(start, start + widths[j]!),
            (plane * whole.height + top + y) * whole.width + left,
          );
        }
      }
    }
  }
  return result;
}
