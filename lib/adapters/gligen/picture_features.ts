import { type Tensor, tensor } from "../../core/tensor.ts";

/** Length of pictures' features, which GLIGEN was trained with. */
const featureLength = 28.7;

/**
 * Embeddings of pictures as GLIGEN reads them: through the matrix of its `image_project`, then scaled
 * to a length of 28.7.
 *
 * @param embeds `[N, width]`.
 * @param matrix `[out, width]`.
 * @returns `[N, out]`.
 */
export function pictureFeatures(embeds: Tensor, matrix: Tensor): Tensor {
  const [rows, width] = embeds.shape as [number, number];
  const [out] = matrix.shape as [number, number];
  const data = new Float32Array(rows * out);
  for (let n = 0; n < rows; n++) {
    const row = data.subarray(n * out, (n + 1) * out);
    for (let o = 0; o < out; o++) {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        sum += embeds.data[n * width + i]! * matrix.data[o * width + i]!;
      }
      row[o] = sum;
    }
    const length = Math.hypot(...row);
    for (let o = 0; o < out; o++) row[o] = row[o]! / length * featureLength;
  }
  return tensor([rows, out], data);
}
