import type { GraphBuilder, OnnxValue } from "../graph.ts";
import type { Conv2dOptions, Padding } from "../../ops.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { numbers, reshapeTo, sumAxes } from "./movements.ts";

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

/** An image as `[N, C, pixels]`. */
function planes(graph: GraphBuilder, image: OnnxValue): OnnxValue {
  const [batch, channels, height, width] = numbers(image);
  return reshapeTo(graph, image, [batch!, channels!, height! * width!]);
}

/** The derivative by the input: the transposed convolution. */
export function conv2dByInput(
  graph: GraphBuilder,
  { dy, x, weight }: Convolution,
  options: Conv2dOptions,
): OnnxValue {
  const shape = numbers(x), [out, channels, rows, columns] = numbers(weight);
  if (isPointwise(weight, options)) {
    const matrix = reshapeTo(graph, weight, [out!, channels!]);
    const flat = planes(graph, dy);
    const [batch, , pixels] = numbers(flat);
    const product = graph.node(
      "FusedMatMul",
      [matrix, flat],
      [batch!, channels!, pixels!],
      { domain: "com.microsoft", attributes: { transA: { int: 1 } } },
    );
    return reshapeTo(graph, product, shape);
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
 * The derivative by the weight: a product of what came in, cut into windows by a convolution with one
 * kernel for each place of a window, and the derivative by the result.
 */
export function conv2dByWeight(
  graph: GraphBuilder,
  { dy, x, weight }: Convolution,
  options: Conv2dOptions,
): OnnxValue {
  const shape = numbers(weight), [batch] = numbers(dy);
  const [out, ...rest] = shape as [number, ...number[]];
  const windows = isPointwise(weight, options)
    ? planes(graph, x)
    : cutWindows(graph, { dy, x, weight }, options);
  const each = graph.node(
    "FusedMatMul",
    [planes(graph, dy), windows],
    [batch!, out, sizeOf(rest)],
    { domain: "com.microsoft", attributes: { transB: { int: 1 } } },
  );
  return reshapeTo(graph, sumAxes(graph, each, [0]), shape);
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
