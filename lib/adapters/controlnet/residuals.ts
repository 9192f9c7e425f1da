import { type Tensor, tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import type { Values } from "../../ops/executor.ts";

/** How the residuals of one ControlNet act. */
export interface ResidualOptions {
  readonly scale: number;
  /**
   * Whether the ControlNet saw the conditional half alone: the other gets zeros, and residuals grow
   * from a tenth at the first skip to the whole at the middle (guess mode).
   *
   * @default {false}
   */
  readonly guess?: boolean;
  /** Whether each residual is averaged over the picture, as in the shuffle ControlNet. @default {false} */
  readonly pooled?: boolean;
  /** Strength at each cell of a residual's size, 0..1. @default {1 everywhere} */
  readonly region?: (height: number, width: number) => Float32Array;
  /** Rows of the denoiser's batch. @default {those of the residuals} */
  readonly rows?: number;
}

/** Residuals of one ControlNet, in the order of the skips, as the denoiser takes them. */
export function shapeResiduals(
  residuals: Values<Tensor>,
  options: ResidualOptions,
): Record<string, Tensor> {
  const { scale, guess = false, pooled = false } = options;
  const last = Object.keys(residuals).length - 1;
  return Object.fromEntries(
    Object.entries(residuals).map(([name, x]) => {
      const place = placeOf(name, last) / last;
      const factor = guess && !pooled ? scale * 10 ** (place - 1) : scale;
      const scaled = weighted(pooled ? average(x) : x, factor, options);
      return [name, withZeros(scaled, options.rows ?? scaled.shape[0]!)];
    }),
  );
}

/** The sum of several ControlNets' residuals. */
export function sumResiduals(
  list: readonly Values<Tensor>[],
): Values<Tensor> {
  if (list.length === 1) return list[0]!;
  return Object.fromEntries(
    Object.entries(list[0]!).map(([name, first]) => {
      const sum = floats(first).slice();
      for (const other of list.slice(1)) {
        const data = floats(other[name]!);
        for (let i = 0; i < sum.length; i++) sum[i]! += data[i]!;
      }
      return [name, tensor(first.shape, sum)];
    }),
  );
}

/** Place among the skips, the middle last. */
function placeOf(name: string, last: number): number {
  const index = name.slice(name.lastIndexOf(".") + 1);
  return index === "mid" ? last : Number(index);
}

function weighted(
  x: Tensor,
  factor: number,
  { region }: ResidualOptions,
): Tensor {
  if (factor === 1 && region === undefined) return x;
  const { planes, cells, height, width } = planesOf(x);
  const strength = region?.(height, width);
  const source = floats(x);
  const data = new Float32Array(source.length);
  for (let plane = 0; plane < planes; plane++) {
    for (let i = 0, at = plane * cells; i < cells; i++, at++) {
      data[at] = source[at]! * factor * (strength ? strength[i]! : 1);
    }
  }
  return tensor(x.shape, data);
}

/** The mean over the picture, at every place. */
function average(x: Tensor): Tensor {
  const { planes, cells } = planesOf(x);
  const source = floats(x);
  const data = new Float32Array(source.length);
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * cells;
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += source[from + i]!;
    data.fill(sum / cells, from, from + cells);
  }
  return tensor(x.shape, data);
}

function planesOf({ shape }: Tensor) {
  const [rows, channels, height, width] = shape;
  return {
    planes: rows! * channels!,
    cells: height! * width!,
    height: height!,
    width: width!,
  };
}

/** Zeros for the unconditional half, which comes first. */
function withZeros(x: Tensor, rows: number): Tensor {
  if (x.shape[0] === rows) return x;
  const data = new Float32Array(x.data.length * rows / x.shape[0]!);
  data.set(floats(x), data.length - x.data.length);
  return tensor([rows, ...x.shape.slice(1)], data);
}
