/** How values look inside TensorFlow.js, and how they get there and back. */

import type { Tensor as TfTensor, Tensor4D } from "@tensorflow/tfjs";
import type { Signature } from "../executor.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Tf } from "./tf.ts";

/** A host value on the device. The data is copied: TensorFlow.js uploads late and may alias. */
export function upload(
  tf: Tf,
  value: Tensor,
  kind: Signature["kind"],
): TfTensor {
  const shape = [...value.shape];
  if (kind === "ids") {
    return tf.tensor(Int32Array.from(value.data), shape, "int32");
  }
  const data = Float32Array.from(value.data);
  if (kind !== "image") return tf.tensor(data, shape);
  return tf.tidy(() => tf.transpose(tf.tensor(data, shape), [0, 2, 3, 1]));
}

/** A device value on the host, in PyTorch's axis order. */
export async function download(
  tf: Tf,
  value: TfTensor,
  kind: Signature["kind"],
): Promise<Tensor> {
  if (kind !== "image") return hostTensor(value.shape, await value.data());
  const turned = tf.transpose(value, [0, 3, 1, 2]);
  const data = await turned.data();
  const { shape } = turned;
  turned.dispose();
  return hostTensor(shape, data);
}

function hostTensor(shape: readonly number[], data: unknown): Tensor {
  return tensor([...shape], data as Float32Array | Int32Array);
}

/** A weight on the device: convolutions `[out, in, kh, kw]` become `[kh, kw, in, out]`. */
export function uploadWeight(
  tf: Tf,
  shape: readonly number[],
  data: Float32Array,
): TfTensor {
  if (shape.length !== 4) return tf.tensor(data, [...shape]);
  return tf.tidy(() => tf.transpose(tf.tensor(data, [...shape]), [2, 3, 1, 0]));
}

/** A weight (or its gradient) from the device, in PyTorch's shape. */
export async function downloadWeight(
  tf: Tf,
  weight: TfTensor,
): Promise<Tensor> {
  if (weight.rank !== 4) return hostTensor(weight.shape, await weight.data());
  const turned = tf.transpose(weight as Tensor4D, [3, 2, 0, 1]);
  const data = await turned.data();
  const { shape } = turned;
  turned.dispose();
  return hostTensor(shape, data);
}
