import { sizeOf, type Tensor, tensor } from "./tensor.ts";

/** Tensors of equal shape but for the first axis, joined along it. */
export function concatBatch(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (first === undefined) throw new RangeError("No tensors to join");
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const shape = [rows, ...first.shape.slice(1)];
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return tensor(shape, data);
}

/** Rows `from` up to, not including, `to` of the first axis. Shares memory with `x`. */
export function sliceBatch(x: Tensor, from: number, to: number): Tensor {
  const row = x.data.length / x.shape[0]!;
  return tensor(
    [to - from, ...x.shape.slice(1)],
    x.data.subarray(from * row, to * row),
  );
}

/** The same values under another shape. Shares memory with `x`. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return tensor(shape, x.data);
}

/** The values as float32, without a copy where they are. */
export function floats(x: Tensor): Float32Array {
  return x.data instanceof Float32Array ? x.data : Float32Array.from(x.data);
}

/** Values one behind the other. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Tensors of equal shape but for the last axis, joined along it. */
export function concatWidth(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (first === undefined) throw new RangeError("No tensors to join");
  const width = parts.reduce((sum, part) => sum + part.shape.at(-1)!, 0);
  const shape = first.shape.with(-1, width);
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    const own = part.shape.at(-1)!;
    for (let row = 0; row * own < part.data.length; row++) {
      const values = part.data.subarray(row * own, (row + 1) * own);
      data.set(values, row * width + at);
    }
    at += own;
  }
  return tensor(shape, data);
}
