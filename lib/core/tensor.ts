/** A dense array on the host, row-major, in PyTorch's axis order (images are `[N, C, H, W]`). */
export interface Tensor {
  /** Sizes in PyTorch's axis order; empty for a scalar. */
  readonly shape: readonly number[];
  /** Values, row-major. */
  readonly data: Float32Array | Int32Array;
}

/** Number of elements of a shape. The empty shape is a scalar and holds one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A tensor of float32 values.
 *
 * @throws {RangeError} if `data` does not have the number of elements that `shape` asks for.
 */
export function tensor(
  shape: readonly number[],
  data: Float32Array | Int32Array,
): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Tensor of shape [${shape.join(", ")}] needs ${
        sizeOf(shape)
      } values, got ${data.length}`,
    );
  }
  return { shape, data };
}

/** A float32 tensor full of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}
