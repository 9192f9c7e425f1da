import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { HostWeight } from "../../loop/host_weights.ts";
import {
  type Matrix,
  multiply,
  principalComponents,
  zeroMatrix,
} from "../vae/linear_algebra.ts";
import { byPatches } from "../vae/patches.ts";

/**
 * A patch embedding that sees the principal components of patches alone, as many as tokens are wide,
 * and the weak ones louder.
 *
 * An embedding of fewer numbers than a patch has pixels mixes what tokens must keep with what they
 * cannot. Without the rest, a linear reader finds all components again.
 *
 * @param weight the embedding to begin with, `[width, 3, patch, patch]`.
 * @param options.pictures pictures that the components are found in, `[N, 3, side, side]`.
 * @param options.raise power of a component's deviation that is taken off it: at 0 components keep
 * their sizes, at 1 all are as loud as the first. Their mean square stays.
 */
export function onComponents(
  weight: HostWeight,
  { pictures, raise }: { pictures: Tensor; raise: number },
): HostWeight {
  const [width, , patch] = weight.shape as [number, number, number];
  const patches = byPatches(pictures, pictures.shape[2]! / patch);
  const [count, each, values] = patches.shape as [number, number, number];
  const rows: Matrix = {
    rows: count * each,
    columns: values,
    data: Float64Array.from(floats(patches)),
  };
  const { directions, deviations } = principalComponents(rows, width);
  const loudness = loudnessOf(deviations, raise);
  const old = cellsFirst(weight);
  const seen = multiply(old, transposed(directions));
  for (let i = 0; i < seen.data.length; i++) {
    seen.data[i]! *= loudness[i % width]!;
  }
  return channelsFirst(multiply(seen, directions), weight.shape);
}

/** Factor of each component. */
function loudnessOf(deviations: Float64Array, raise: number): Float64Array {
  const factors = deviations.map((one) =>
    (deviations[0]! / Math.max(one, 1e-6 * deviations[0]!)) ** raise
  );
  const all = factors.map((factor, i) => factor * deviations[i]!);
  const mean = Math.hypot(...deviations) / Math.hypot(...all);
  return factors.map((factor) => factor * mean);
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = zeroMatrix(columns, rows);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / columns), column = i % columns;
    result.data[column * rows + row] = data[i]!;
  }
  return result;
}

/** Weights `[width, 3, patch, patch]` as rows in the order of {@linkcode byPatches}. */
function cellsFirst({ shape, data }: HostWeight): Matrix {
  const { data: values } = byPatches(tensor(shape, data), 1);
  return {
    rows: shape[0]!,
    columns: data.length / shape[0]!,
    data: Float64Array.from(values),
  };
}

/** The inverse of {@linkcode cellsFirst}. */
function channelsFirst(
  { data }: Matrix,
  shape: readonly number[],
): HostWeight {
  const [width, channels, ...sides] = shape as [number, number, number];
  const cells = sides.reduce((product, side) => product * side, 1);
  const values = new Float32Array(data.length);
  for (let row = 0; row < width; row++) {
    for (let cell = 0; cell < cells; cell++) {
      for (let c = 0; c < channels; c++) {
        const to = (row * channels + c) * cells + cell;
        values[to] = data[(row * cells + cell) * channels + c]!;
      }
    }
  }
  return { shape: [...shape], data: values };
}
