import type { GraphBuilder, OnnxValue } from "../graph.ts";
import type { Conv2dOptions, Padding } from "../../ops.ts";
import { conv2d, product } from "../layers.ts";
import { perChannel } from "../shapes.ts";
import { numbers, reshapeTo, sumAxes, transpose } from "./movements.ts";
import {
  byInputByProducts,
  byWeightByProducts,
  convolveByProducts,
  productsPay,
} from "./winograd_products.ts";

/** A convolution's values and the derivative by its result. */
interface Convolution {
  readonly dy: OnnxValue;
  readonly x: OnnxValue;
  readonly weight: OnnxValue;
}

function around(padding: number | Padding): Padding {
  if (typeof padding !== "number") return padding;
  return { top: padding, right: padding, bottom: padding, left: padding };
}

/** Whether a convolution is a product pixel by pixel. */
function isPointwise(weight: OnnxValue, options: Conv2dOptions): boolean {
  const [, , height, width] = numbers(weight);
  const { top, right, bottom, left } = around(options.padding ?? 0);
  return height === 1 && width === 1 && (options.stride ?? 1) === 1 &&
    top + right + bottom + left === 0;
}

/** A convolution whose derivatives may be wanted, and its form. */
export interface TrainedConv2dOptions extends Conv2dOptions {
  /** Whether it and its derivatives are left to the device's library. @default {false} */
  readonly directConvolutions?: boolean;
}

/**
 * Whether a convolution takes Winograd's form. That of a stored weight does not: onnxruntime
 * prepares it once, and nothing is shared with a derivative by it.
 */
function isByProducts(
  x: OnnxValue,
  weight: OnnxValue,
  options: TrainedConv2dOptions,
): boolean {
  const [, , height, width] = numbers(weight);
  return !options.directConvolutions && weight.weight === undefined &&
    height === 3 && width === 3 &&
    (options.stride ?? 1) === 1 &&
    Object.values(around(options.padding ?? 0)).every((side) => side === 1) &&
    productsPay(x, weight);
}

/** A convolution whose derivatives may be wanted. */
export function trainedConv2d(
  graph: GraphBuilder,
  { x, weight, bias }: {
    readonly x: OnnxValue;
    readonly weight: OnnxValue;
    readonly bias: OnnxValue | undefined;
  },
  options: TrainedConv2dOptions & { readonly winogradFrom: number },
): OnnxValue {
  if (!isByProducts(x, weight, options)) {
    return conv2d(graph, { x, weight, bias }, options);
  }
  const y = convolveByProducts(graph, x, weight);
  if (bias === undefined) return y;
  return graph.node("Add", [y, perChannel(graph, bias)], y.shape);
}

/** An image as `[N, C, pixels]`. */
function planes(graph: GraphBuilder, image: OnnxValue): OnnxValue {
  const [batch, channels, height, width] = numbers(image);
  return reshapeTo(graph, image, [batch!, channels!, height! * width!]);
}

/** The derivative by the input: the transposed convolution. */
export function conv2dByInput(
  graph: GraphBuilder,
  { dy, x, weight }: Convolution,
  options: TrainedConv2dOptions,
): OnnxValue {
  const shape = numbers(x), [out, channels, rows, columns] = numbers(weight);
  if (isByProducts(x, weight, options)) {
    return byInputByProducts(graph, { dy, x, weight });
  }
  if (isPointwise(weight, options)) {
    const matrix = reshapeTo(graph, weight, [out!, channels!]);
    const turned = { transposeA: true };
    const each = product(graph, matrix, planes(graph, dy), turned);
    return reshapeTo(graph, each, shape);
  }
  const { stride = 1 } = options;
  const { top, right, bottom, left } = around(options.padding ?? 0);
  // pixels at the lower and right rim that no window of a larger stride reached
  const restOf = (
    size: number,
    before: number,
    after: number,
    kernel: number,
  ) => (size + before + after - kernel) % stride;
  const rest = [
    restOf(shape[2]!, top, bottom, rows!),
    restOf(shape[3]!, left, right, columns!),
  ];
  return graph.node("ConvTranspose", [dy, weight], shape, {
    attributes: {
      kernel_shape: { ints: [rows!, columns!] },
      strides: { ints: [stride, stride] },
      pads: { ints: [top, left, bottom, right] },
      output_padding: { ints: rest },
    },
  });
}

/**
 * The derivative by the weight: a product of the input, cut into windows, and the derivative by the
 * result. A convolution with one kernel for each place of a window cuts them.
 */
export function conv2dByWeight(
  graph: GraphBuilder,
  { dy, x, weight }: Convolution,
  options: TrainedConv2dOptions,
): OnnxValue {
  if (isByProducts(x, weight, options)) {
    return byWeightByProducts(graph, { dy, x, weight });
  }
  const windows = isPointwise(weight, options)
    ? planes(graph, x)
    : cutWindows(graph, { dy, x, weight }, options);
  const sum = sumOfProducts(graph, planes(graph, dy), windows);
  return reshapeTo(graph, sum, numbers(weight));
}

/** `Σ aₙ · bₙᵀ` of `[N, rows, pixels]` and `[N, columns, pixels]`. */
function sumOfProducts(
  graph: GraphBuilder,
  a: OnnxValue,
  b: OnnxValue,
): OnnxValue {
  const [batch, rows, pixels] = numbers(a) as number[];
  const columns = numbers(b)[1]!;
  const turned = { transposeB: true };
  if ((rows! + columns) * pixels! > rows! * columns) {
    const each = product(graph, a, b, turned);
    return reshapeTo(graph, sumAxes(graph, each, [0]), [rows!, columns]);
  }
  // few pixels: the batch is moved beside them, and its sum is part of one product
  const beside = (x: OnnxValue, length: number) =>
    reshapeTo(graph, transpose(graph, x, [1, 0, 2]), [
      length,
      batch! * pixels!,
    ]);
  return product(graph, beside(a, rows!), beside(b, columns), turned);
}

/** `[N, C · kh · kw, pixels of the result]`. */
function cutWindows(
  graph: GraphBuilder,
  { dy, x, weight }: Convolution,
  { stride = 1, padding = 0 }: Conv2dOptions,
): OnnxValue {
  const [batch, channels, height, width] = numbers(x);
  const [, , rows, columns] = numbers(weight);
  const [, , down, across] = numbers(dy);
  const { top, right, bottom, left } = around(padding);
  const cells = rows! * columns!;
  const kernels = new Float32Array(cells * cells);
  for (let i = 0; i < cells; i++) kernels[i * cells + i] = 1;
  const alone = reshapeTo(graph, x, [batch! * channels!, 1, height!, width!]);
  const cut = graph.node(
    "Conv",
    [alone, graph.floats(kernels, [cells, 1, rows!, columns!])],
    [batch! * channels!, cells, down!, across!],
    {
      attributes: {
        kernel_shape: { ints: [rows!, columns!] },
        strides: { ints: [stride, stride] },
        pads: { ints: [top, left, bottom, right] },
      },
    },
  );
  return reshapeTo(graph, cut, [batch!, channels! * cells, down! * across!]);
}
