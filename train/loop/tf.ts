import type { Scalar, Tensor } from "@tensorflow/tfjs";

export type { Tf } from "../../lib/ops/tfjs/tf.ts";

/** A tensor of TensorFlow.js. */
export type TfTensor = Tensor;

/** A scalar of TensorFlow.js. */
export type TfScalar = Scalar;
