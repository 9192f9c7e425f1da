import type { Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import type { Conv2dOptions, Ops, Padding, ProductOptions } from "../ops.ts";
import { gelu, sigmoidGated } from "./activations.ts";
import { attention, regionAttention } from "./attention.ts";
import { directOps } from "./direct.ts";
import { groupNorm, normalize } from "./norms.ts";
import type { Tf } from "./tf.ts";

type Shape4D = [number, number, number, number];

/**
 * The operations on TensorFlow.js, run at once.
 *
 * Inside, images are `[N, H, W, C]` and weights of convolutions `[kh, kw, in, out]`
 * ({@linkcode ./tfjs_layout.ts}); all else is as in PyTorch.
 */
export function tfjsOps(tf: Tf): Ops<Tensor> {
  const direct = directOps(tf);
  return {
    conv2d: (x, weight, bias, options) => conv2d(tf, x, weight, bias, options),
    linear: (x, weight, bias) => {
      const y = direct.linear(x, weight);
      return bias === undefined ? y : direct.biased(y, bias);
    },
    embedding: (ids, table) => tf.gather(table, ids),
    groupNorm: (x, weight, bias, options) =>
      groupNorm(tf, x, weight, bias, options),
    layerNorm: (x, weight, bias, eps) => {
      const { normal } = normalize(tf, x, eps);
      return direct.add(direct.mul(normal, weight), bias);
    },
    attention: (q, k, v, options) => attention(tf, q, k, v, options),
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
      direct.product(a, b, { a: transposeA, b: transposeB }),
    softmax: (x) => tf.softmax(x),
    sumWidth: (x) => tf.sum(x, -1, true),
    maxWidth: (x) => tf.max(x, -1, true),
    scale: (x, factor) => tf.mul(x, factor),
    addChannels: (x, vector) =>
      tf.add(x, tf.reshape(vector, [vector.shape[0]!, 1, 1, vector.shape[1]!])),
    upsample: (x, { height, width }) =>
      tf.image.resizeNearestNeighbor(x as Tensor4D, [height, width]),
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
  const { stride = 1 } = options;
  const { form, frame } = framing(weight, options);
  const framed = inFrame(tf, x, frame);
  const y = tf.conv2d(framed as Tensor4D, weight as Tensor4D, stride, form);
  return bias === undefined ? y : directOps(tf).biased(y, bias);
}

/**
 * How a convolution is padded: by TensorFlow's "same", or by a frame of zeros laid by hand where
 * that is something else, since the tensorflow backend takes no numeric padding.
 */
export function framing(
  weight: Tensor,
  { stride = 1, padding = 0 }: Conv2dOptions,
): { form: "same" | "valid"; frame: Padding } {
  const [rows, columns] = weight.shape as Shape4D;
  const none = { top: 0, right: 0, bottom: 0, left: 0 };
  if (
    stride === 1 && rows === columns && 2 * Number(padding) + 1 === rows
  ) return { form: "same", frame: none };
  const frame = typeof padding === "number"
    ? { top: padding, right: padding, bottom: padding, left: padding }
    : padding;
  return { form: "valid", frame };
}

/** An NHWC image with a frame of zeros; the image itself where the frame is empty. */
export function inFrame(
  tf: Tf,
  image: Tensor,
  { top, right, bottom, left }: Padding,
): Tensor {
  return top + right + bottom + left === 0
    ? image
    : tf.pad(image, [[0, 0], [top, bottom], [left, right], [0, 0]]);
}

function repeatBatch(tf: Tf, x: Tensor, batch: number): Tensor {
  const width = x.shape.at(-1)!;
  const tokens = x.rank > 1 ? x.shape.at(-2)! : 1;
  return tf.tile(tf.reshape(x, [1, tokens, width]) as Tensor3D, [batch, 1, 1]);
}
