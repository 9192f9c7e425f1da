import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";

/**
 * Squares `[N, C, side, side]` by patches, row by row of patches: `[N, patches, values]`, the C values
 * of each cell together.
 *
 * @param across patches along each side.
 */
export function byPatches(squares: Tensor, across: number): Tensor {
  const [count, channels, side] = squares.shape as [number, number, number];
  const within = side / across, data = floats(squares);
  const values = new Float32Array(data.length);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let patch = 0; patch < across ** 2; patch++) {
      const top = Math.floor(patch / across) * within;
      const left = patch % across * within;
      for (let y = top; y < top + within; y++) {
        for (let x = left; x < left + within; x++) {
          for (let c = 0; c < channels; c++) {
            values[at++] = data[((n * channels + c) * side + y) * side + x]!;
          }
        }
      }
    }
  }
  return tensor([count, across ** 2, channels * within ** 2], values);
}
