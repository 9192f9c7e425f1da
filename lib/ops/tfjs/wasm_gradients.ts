/** The kernel of gradients that TensorFlow.js's wasm backend lacks, out of kernels that it has. */

import type { Tensor, Tensor2D, Tensor4D, TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "./tf.ts";

/** Registers the kernel once; later calls do nothing. */
export function registerWasmGradients(tf: Tf): void {
  const kernelName = "Conv2DBackpropFilter", backendName = "wasm";
  if (tf.getKernel(kernelName, backendName)) return;
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: (call) =>
      convolutionFilterGradient(tf, call as unknown as KernelCall),
  });
}

interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/**
 * Gradient of a convolution by its filter: for each place of the kernel, one matrix
 * product of the pixels under it with the gradient.
 */
function convolutionFilterGradient(
  tf: Tf,
  { inputs, attrs }: KernelCall,
): TensorInfo {
  const dy = inputs.dy as unknown as Tensor4D;
  const filterShape = attrs.filterShape as [number, number, number, number];
  const [rows, columns, from, to] = filterShape;
  const strides = attrs.strides as number | [number, number];
  const [down, right] = typeof strides === "number"
    ? [strides, strides]
    : strides;
  const [batch, height, width] = dy.shape;
  return tf.tidy(() => {
    const x = padded(tf, inputs.x as unknown as Tensor4D, {
      filterShape,
      strides,
      pad: attrs.pad as "same" | "valid",
    });
    const gradient = tf.reshape(dy, [-1, to]) as Tensor2D;
    const places: Tensor[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const end = [
          batch,
          row + (height - 1) * down + 1,
          column + (width - 1) * right + 1,
          from,
        ];
        const seen = tf.stridedSlice(x, [0, row, column, 0], end, [
          1,
          down,
          right,
          1,
        ]);
        places.push(
          tf.matMul(tf.reshape(seen, [-1, from]), gradient, true, false),
        );
      }
    }
    return tf.reshape(tf.stack(places), [rows, columns, from, to]);
  });
}

/** `x` with the zeros that the convolution sees around it. */
function padded(
  tf: Tf,
  x: Tensor4D,
  convolution: {
    filterShape: [number, number, number, number];
    strides: number | [number, number];
    pad: "same" | "valid";
  },
): Tensor4D {
  const { filterShape, strides, pad } = convolution;
  const { padInfo: { top, bottom, left, right } } = tf.backend_util
    .computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
  if (top + bottom + left + right === 0) return x;
  return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
}
