import type { Tensor, Tensor4D } from "@tensorflow/tfjs";
import type { GradientOps } from "../tape/gradient_ops.ts";
import type { Conv2dOptions } from "../ops.ts";
import { directOps } from "./direct.ts";
import { tfjsLossOps } from "./loss_ops.ts";
import { normalize, normalizeGroups, overPixels } from "./norms.ts";
import { framing, inFrame } from "./ops.ts";
import type { Tf } from "./tf.ts";

type Shape4D = [number, number, number, number];

/** The operations of derivatives on TensorFlow.js, run at once. Images are `[N, H, W, C]`. */
export function tfjsGradientOps(tf: Tf): GradientOps<Tensor> {
  const ops = directOps(tf);
  const { mul, reshape, sum } = ops;
  const whole = ({ shape }: Tensor, axis: number, [at, length]: Part) => ({
    begin: shape.map((_, i) => i === axis ? at : 0),
    size: shape.map((all, i) => i === axis ? length : all),
  });
  const slice = (x: Tensor, axis: number, ...part: Part) => {
    const { begin, size } = whole(x, axis, part);
    return tf.slice(x, begin, size);
  };
  return {
    ...tfjsLossOps(tf),
    add: (a, b) => ops.add(a, b),
    sub: (a, b) => ops.sub(a, b),
    mul: (a, b) => mul(a, b),
    scale: (x, factor) => mul(x, factor),
    softmax: (x) => ops.softmax(x),
    sigmoid: (x) => ops.sigmoid(x),
    exp: (x) => ops.exp(x),
    sumWidth: (x) => sum(x, { axes: [-1], keepDims: true }),
    shapeOf: ({ shape }) => shape,
    product: (a, b, { factor = 1, transposeA, transposeB } = {}) => {
      const small = a.size < b.size;
      const left = factor !== 1 && small ? mul(a, factor) : a;
      const right = factor !== 1 && !small ? mul(b, factor) : b;
      return ops.product(left, right, { a: transposeA, b: transposeB });
    },
    reshape,
    transpose: (x, order) => ops.transpose(x, order),
    expand: (x, shape) => tf.broadcastTo(x, [...shape]),
    sumAxes: (x, axes) => {
      if (axes.length === 0) return reshape(x, x.shape);
      const kept = x.shape.map((all, axis) => axes.includes(axis) ? 1 : all);
      return reshape(sum(x, { axes }), kept);
    },
    addAll: (values) => values.reduce((a, b) => ops.add(a, b)), // WebGPU lacks a kernel of many
    concat: (values, axis) => tf.concat([...values], axis),
    slice,
    pad: (x, axis, before, after) =>
      tf.pad(x, x.shape.map((_, i) => i === axis ? [before, after] : [0, 0])),
    sign: (x) => tf.sign(x),
    erf: (x) => ops.erf(x),
    toUnit: (x) => mul(ops.add(x, 1), 0.5),
    addRows: (ids, rows, table) => addRows(tf, ids, rows, table),
    normalize: (x, eps) => normalize(tf, x, eps),
    normalizeGroups: (image, options) => normalizeGroups(tf, image, options),
    overPixels: (vector) => overPixels(tf, vector),
    sumPixels: (image) => sum(image, { axes: [1, 2] }),
    sumBatchPixels: (image) => sum(image, { axes: [0, 1, 2] }),
    sliceChannels: (image, start, length) => slice(image, 3, start, length),
    conv2dByInput: (dy, weight, x, options) =>
      conv2dByInput(tf, { dy, weight, x }, options),
    conv2dByWeight: (dy, x, weight, options) =>
      conv2dByWeight(tf, { dy, weight, x }, options),
    sumCopies: (dy, x) => sumCopies(tf, dy, x.shape as Shape4D),
    channelsOf: (image) => image.shape[3]!,
    barrier: (x) => tf.clone(x), // operations run in their order
    within: (part) => tf.tidy(part as () => never),
    spend: (values, make) => {
      const made = tf.tidy(() => {
        const seen = new Set<Tensor | undefined>(values);
        return make().map((one) => {
          if (one === undefined) return one;
          const own = seen.has(one) ? tf.clone(one) : one;
          seen.add(own);
          return own;
        }) as Tensor[];
      });
      tf.dispose([...values]);
      return made;
    },
  };
}

/** Where a part of an axis begins, and its length. */
type Part = [start: number, length: number];

/** A convolution's values and the derivative by its result. */
interface Convolution {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly weight: Tensor;
}

/** The transposed convolution, without what lies under the frame of zeros. */
function conv2dByInput(
  tf: Tf,
  { dy, x, weight }: Convolution,
  options: Conv2dOptions,
): Tensor {
  const { form, frame } = framing(weight, options);
  const { top, right, bottom, left } = frame;
  const [batch, height, width, channels] = x.shape as Shape4D;
  const framed: Shape4D = [
    batch,
    height + top + bottom,
    width + left + right,
    channels,
  ];
  const dx = tf.conv2dTranspose(
    dy as Tensor4D,
    weight as Tensor4D,
    framed,
    options.stride ?? 1,
    form,
  );
  return top + right + bottom + left === 0
    ? dx
    : tf.slice(dx, [0, top, left, 0], [batch, height, width, channels]);
}

function conv2dByWeight(
  tf: Tf,
  { dy, x, weight }: Convolution,
  options: Conv2dOptions,
): Tensor {
  const { form, frame } = framing(weight, options);
  const framed = inFrame(tf, x, frame);
  return tf.engine().runKernel("Conv2DBackpropFilter", { x: framed, dy }, {
    strides: options.stride ?? 1,
    pad: form,
    dataFormat: "NHWC",
    filterShape: weight.shape,
  });
}

/** As a product with the table of which row is which, which every backend has. */
function addRows(tf: Tf, ids: Tensor, rows: Tensor, table: Tensor): Tensor {
  const [count, width] = table.shape as [number, number];
  const flat = tf.reshape(rows, [-1, width]);
  return tf.matMul(choices(tf, tf.reshape(ids, [-1, 1]), count), flat, true);
}

/** 1 where `ids` `[rows, 1]` names a column, else 0: `[rows, count]`. `tf.oneHot` makes no single column. */
function choices(tf: Tf, ids: Tensor, count: number): Tensor {
  const columns = tf.reshape(tf.range(0, count, 1, "int32"), [1, count]);
  return tf.cast(tf.equal(ids, columns), "float32");
}

/**
 * The transpose of a nearest-neighbour enlargement: sums over the copies where each pixel has as
 * many, else products with the tables of what was copied where.
 */
function sumCopies(
  tf: Tf,
  dy: Tensor,
  [batch, height, width, channels]: Shape4D,
): Tensor {
  const [, tall, wide] = dy.shape as Shape4D;
  const rows = tall / height, columns = wide / width;
  if (Number.isInteger(rows) && Number.isInteger(columns)) {
    const beside = [batch * tall, width, columns, channels];
    const narrow = tf.sum(tf.reshape(dy, beside), 2);
    const above = [batch * height, rows, width * channels];
    const low = tf.sum(tf.reshape(narrow, above), 1);
    return tf.reshape(low, [batch, height, width, channels]);
  }
  const along = (x: Tensor, from: number, to: number) => {
    const source = Array.from(
      { length: from },
      (_, i) => Math.floor(i * to / from),
    );
    const table = choices(tf, tf.tensor(source, [from, 1], "int32"), to);
    return tf.matMul(tf.reshape(x, [-1, from]), table);
  };
  const turned = tf.transpose(dy, [0, 3, 1, 2]);
  const narrow = tf.reshape(along(turned, wide, width), [
    ...[batch, channels, tall, width],
  ]);
  const low = along(tf.transpose(narrow, [0, 1, 3, 2]), tall, height);
  return tf.transpose(
    tf.reshape(low, [batch, channels, width, height]),
    [0, 3, 2, 1],
  );
}
