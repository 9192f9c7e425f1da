import type { Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import type { Conv2dOptions, Ops, Padding, ProductOptions } from "../ops.ts";
import type { Size } from "../../core/geometry.ts";
import { gelu, sigmoidGated } from "./activations.ts";
import { attention, regionAttention } from "./attention.ts";
import { groupNorm, layerNorm } from "./norms.ts";
import {
  biasedOf,
  hasTensorflowLayers,
  linearOf,
} from "./tensorflow_layers.ts";
import type { Tf } from "./tf.ts";

type Shape4D = [number, number, number, number];

/** Options of {@linkcode tfjsOps}. */
export interface TfjsOpsOptions {
  /** Whether gradients will be computed. @default {false} */
  training?: boolean;
}

/**
 * The operations on TensorFlow.js, run at once and differentiable.
 *
 * Inside, images are `[N, H, W, C]` and weights of convolutions `[kh, kw, in, out]`
 * ({@linkcode ./tfjs_layout.ts}); all else is as in PyTorch.
 */
export function tfjsOps(tf: Tf, options: TfjsOpsOptions = {}): Ops<Tensor> {
  const { training = false } = options;
  return {
    conv2d: (x, weight, bias, options) => conv2d(tf, x, weight, bias, options),
    linear: (x, weight, bias) => linear(tf, x, weight, bias),
    embedding: (ids, table) => tf.gather(table, ids),
    groupNorm: (x, weight, bias, options) =>
      groupNorm(tf, x, weight, bias, options),
    layerNorm: (x, weight, bias, eps) => layerNorm(tf, x, weight, bias, eps),
    attention: (q, k, v, options) =>
      attention(tf, q, k, v, { ...options, training }),
    regionAttention: (q, k, v, weights, { heads }) =>
      regionAttention(tf, q, k, v, weights, heads),
    silu: (x) => sigmoidGated(tf, x),
    gelu: (x) => gelu(tf, x),
    quickGelu: (x) => sigmoidGated(tf, x, 1.702),
    relu: (x) => tf.relu(x),
    add: (a, b) => tf.add(a, b),
    mul: (a, b) => tf.mul(a, b),
    constant: (shape, values) => tf.tensor(values, [...shape], "float32"),
    sub: (a, b) => tf.sub(a, b),
    div: (a, b) => tf.div(a, b),
    sqrt: (x) => tf.sqrt(x),
    sigmoid: (x) => tf.sigmoid(x),
    product: (a, b, { transposeA, transposeB }: ProductOptions = {}) =>
      tf.matMul(a, b, transposeA, transposeB),
    softmax: (x) => tf.softmax(x),
    sumWidth: (x) => tf.sum(x, -1, true),
    maxWidth: (x) => tf.max(x, -1, true),
    scale: (x, factor) => tf.mul(x, factor),
    addChannels: (x, vector) =>
      tf.add(x, tf.reshape(vector, [vector.shape[0]!, 1, 1, vector.shape[1]!])),
    upsample: (x, size) => upsample(tf, x, size),
    concatChannels: (images) => tf.concat([...images], 3),
    splitChannels: (x, parts) => tf.split(x, parts, 3),
    sizeOf: ({ shape }) => ({ height: shape[1]!, width: shape[2]! }),
    tokens: (image) => {
      const [batch, height, width, channels] = image.shape as [
        number,
        number,
        number,
        number,
      ];
      return tf.reshape(image, [batch, height * width, channels]);
    },
    image: (tokens, { height, width }) =>
      tf.reshape(tokens, [tokens.shape[0]!, height, width, tokens.shape[2]!]),
    concatTokens: (tokens) => tf.concat([...tokens], 1),
    sliceTokens: (x, start, length) =>
      tf.slice(x, [0, start, 0], [-1, length, -1]),
    splitWidth: (x, parts) => tf.split(x, parts, -1),
    token: (x, index) =>
      tf.squeeze(tf.slice(x, [0, index, 0], [-1, 1, -1]), [1]),
    unflatten: (vector, tokens) =>
      tf.reshape(vector, [vector.shape[0]!, tokens, vector.shape[1]! / tokens]),
    repeatBatch: (x, like) => repeatBatch(tf, x, like.shape[0]!),
    groupTokens: (x, like) => {
      const groups = like.shape[1]!;
      return tf.reshape(x, [
        x.shape[0]! / groups,
        groups,
        x.shape[1]!,
        x.shape[2]!,
      ]);
    },
    turnTokens: (x) => tf.transpose(x, [0, 2, 1]),
    stackRows: (x) => {
      const [rows, tokens, width] = x.shape as [number, number, number];
      return tf.reshape(x, [1, rows, tokens * width]);
    },
    unstackRows: (x, tokens) => {
      const [, rows, all] = x.shape as [1, number, number];
      return tf.reshape(x, [rows, tokens, all / tokens]);
    },
  };
}

function conv2d(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: Conv2dOptions = {},
): Tensor {
  const { stride = 1, padding = 0 } = options;
  const [rows, columns] = weight.shape as Shape4D;
  const same = stride === 1 && rows === columns &&
    2 * Number(padding) + 1 === rows;
  // The tensorflow backend takes no numeric padding, so where "same" is something else it is laid
  // around by hand.
  const padded = same ? (x as Tensor4D) : pad(tf, x as Tensor4D, padding);
  const form = same ? "same" : "valid";
  const y = tf.conv2d(padded, weight as Tensor4D, stride, form);
  return bias === undefined ? y : biased(tf, y, bias);
}

function biased(tf: Tf, x: Tensor, bias: Tensor): Tensor {
  return hasTensorflowLayers(tf) ? biasedOf(tf, x, bias) : tf.add(x, bias);
}

function pad(tf: Tf, x: Tensor4D, padding: number | Padding): Tensor4D {
  const { top, right, bottom, left } = typeof padding === "number"
    ? { top: padding, right: padding, bottom: padding, left: padding }
    : padding;
  if (top + right + bottom + left === 0) return x;
  return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
}

function linear(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor {
  if (hasTensorflowLayers(tf)) {
    const y = linearOf(tf, x, weight);
    return bias === undefined ? y : biasedOf(tf, y, bias);
  }
  const [out, width] = weight.shape as [number, number];
  const flat = tf.reshape(x, [-1, width]);
  const y = tf.matMul(flat, weight, false, true);
  const sum = bias === undefined ? y : tf.add(y, bias);
  return tf.reshape(sum, [...x.shape.slice(0, -1), out]);
}

/**
 * Nearest-neighbour resize. For whole factors the gradient is written out as the sum over the
 * copies of a pixel: TensorFlow.js's own is wrong for batches on its cpu backend.
 */
function upsample(tf: Tf, x: Tensor, size: Size): Tensor {
  const [batch, height, width, channels] = x.shape as Shape4D;
  const rows = size.height / height, columns = size.width / width;
  const resize = (x: Tensor) =>
    tf.image.resizeNearestNeighbor(x as Tensor4D, [size.height, size.width]);
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) return resize(x);
  const { shape } = x;
  const apply = tf.customGrad((x) => ({
    value: resize(x as Tensor),
    gradFunc: (dy: Tensor) => {
      const beside = [batch * size.height, width, columns, channels];
      const narrow = tf.sum(tf.reshape(dy, beside), 2);
      const above = [batch * height, rows, width * channels];
      return tf.reshape(tf.sum(tf.reshape(narrow, above), 1), shape);
    },
  }));
  return apply(x);
}

function repeatBatch(tf: Tf, x: Tensor, batch: number): Tensor {
  const width = x.shape.at(-1)!;
  const tokens = x.rank > 1 ? x.shape.at(-2)! : 1;
  return tf.tile(tf.reshape(x, [1, tokens, width]) as Tensor3D, [batch, 1, 1]);
}
