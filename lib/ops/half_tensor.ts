import type * as onnxruntime from "onnxruntime-node";

/**
 * A tensor in half precision for onnxruntime.
 *
 * @param values In any precision; they are rounded to float16.
 */
export function halfTensor(
  ort: typeof onnxruntime,
  values: ArrayLike<number>,
  shape: readonly number[],
): onnxruntime.Tensor {
  const bits = new Uint16Array(new Float16Array(values).buffer);
  const tensor = new ort.Tensor("float16", bits, [...shape]);
  // onnxruntime makes a Float16Array of the bits, which Node's interface does not hand over
  Object.defineProperty(tensor, "data", { value: bits });
  return tensor;
}
