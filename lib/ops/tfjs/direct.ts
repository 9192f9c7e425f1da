import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { NodeBackend } from "./node_backend.ts";
import {
  numberOf,
  runBias,
  runEinsum,
  runOperation,
  runProduct,
  runReduction,
  runReshape,
  runTranspose,
} from "./node_operations.ts";
import type { Tf } from "./tf.ts";

/** A tensor, or a number that stands for one. */
type Operand = Tensor | number;

/** Which of the two factors of a product are transposed. */
export interface Turned {
  readonly a?: boolean;
  readonly b?: boolean;
}

/** Axes that are summed over; they stay, with length 1, where `keepDims` says so. */
export interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims?: boolean;
}

/** Operations of which others are made. */
export interface DirectOps {
  add(a: Tensor, b: Operand): Tensor;
  sub(a: Operand, b: Tensor): Tensor;
  mul(a: Tensor, b: Operand): Tensor;
  square(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  erf(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  sum(x: Tensor, over: Reduced): Tensor;
  mean(x: Tensor, over: Reduced): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  product(a: Tensor, b: Tensor, turned?: Turned): Tensor;
  /** `x Wᵀ` over the last axis: `x` is `[…, in]`, `weight` `[out, in]`. */
  linear(x: Tensor, weight: Tensor): Tensor;
  /** `x + bias` over the last axis. */
  biased(x: Tensor, bias: Tensor): Tensor;
}

/**
 * {@linkcode DirectOps} of the backend in use. On TensorFlow operations are handed over as they are,
 * since the checks of `tf.mul` take longer than a small `Mul`.
 */
export function directOps(tf: Tf): DirectOps {
  const backend = tf.backend();
  const found = known.get(backend);
  if (found !== undefined) return found;
  const made = tf.getBackend() === "tensorflow"
    ? nodeOps(backend as unknown as NodeBackend)
    : portableOps(tf);
  known.set(backend, made);
  return made;
}

const known = new WeakMap<object, DirectOps>();

function nodeOps(backend: NodeBackend): DirectOps {
  const tensor = (x: Operand): TensorInfo =>
    typeof x === "number" ? numberOf(backend, x) : x;
  const one = (name: string) => (x: Tensor) =>
    runOperation(backend, name, [x]) as Tensor;
  const two = (name: string) => (a: Operand, b: Operand) =>
    runOperation(backend, name, [tensor(a), tensor(b)]) as Tensor;
  const reduced =
    (name: "Sum" | "Mean") => (x: Tensor, { axes, keepDims }: Reduced) =>
      runReduction(backend, name, x, {
        axes: axes.map((axis) => axis < 0 ? axis + x.shape.length : axis),
        keepDims: keepDims === true,
      }) as Tensor;
  return {
    add: two("AddV2"),
    sub: two("Sub"),
    mul: two("Mul"),
    square: one("Square"),
    rsqrt: one("Rsqrt"),
    exp: one("Exp"),
    erf: one("Erf"),
    sigmoid: one("Sigmoid"),
    softmax: one("Softmax"),
    sum: reduced("Sum"),
    mean: reduced("Mean"),
    reshape: (x, shape) => runReshape(backend, x, shape) as Tensor,
    transpose: (x, order) => runTranspose(backend, x, order) as Tensor,
    product: (a, b, { a: turnA = false, b: turnB = false } = {}) =>
      runProduct(backend, a, b, { a: turnA, b: turnB }) as Tensor,
    linear: (x, weight) => {
      const rows = "abcdefgh".slice(0, x.rank - 1);
      const equation = `${rows}i,oi->${rows}o`;
      return runEinsum(backend, equation, x, weight) as Tensor;
    },
    biased: (x, bias) => runBias(backend, x, bias) as Tensor,
  };
}

function portableOps(tf: Tf): DirectOps {
  return {
    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    square: (x) => tf.square(x),
    rsqrt: (x) => tf.rsqrt(x),
    exp: (x) => tf.exp(x),
    erf: (x) => tf.erf(x),
    sigmoid: (x) => tf.sigmoid(x),
    softmax: (x) => tf.softmax(x),
    sum: (x, { axes, keepDims }) => tf.sum(x, [...axes], keepDims),
    mean: (x, { axes, keepDims }) => tf.mean(x, [...axes], keepDims),
    reshape: (x, shape) => tf.reshape(x, [...shape]),
    transpose: (x, order) => tf.transpose(x, [...order]),
    product: (a, b, turned = {}) => tf.tidy(() => product(tf, a, b, turned)),
    linear: (x, weight) =>
      tf.tidy(() => {
        const [out, width] = weight.shape as [number, number];
        const flat = tf.reshape(x, [-1, width]);
        const y = tf.matMul(flat, weight, false, true);
        return tf.reshape(y, [...x.shape.slice(0, -1), out]);
      }),
    biased: (x, bias) => tf.add(x, bias),
  };
}

/**
 * `tf.matMul` repeats a first axis only, and is wrong in silence where another one has length one
 * beside more. One product of whole rows is faster than one a matrix.
 */
function product(
  tf: Tf,
  a: Tensor,
  b: Tensor,
  { a: turnA = false, b: turnB = false }: Turned,
): Tensor {
  if (b.rank === 2 && a.rank > 2 && !turnA) {
    const flat = tf.reshape(a, [-1, a.shape.at(-1)!]);
    const y = tf.matMul(flat, b, false, turnB);
    return tf.reshape(y, [...a.shape.slice(0, -1), y.shape[1]!]);
  }
  const lists = [a, b].map(({ shape }) => shape.slice(0, -2));
  const lead = tf.broadcast_util.assertAndGetBroadcastShape(
    lists[0]!,
    lists[1]!,
  );
  return tf.matMul(
    repeated(tf, a, lead),
    repeated(tf, b, lead),
    ...[turnA, turnB],
  );
}

/** `x` with its axes before the last two repeated to those of `lead`. */
function repeated(tf: Tf, x: Tensor, lead: readonly number[]): Tensor {
  const matrix = x.shape.slice(-2), missing = lead.length + 2 - x.rank;
  const own = [...Array(missing).fill(1), ...x.shape.slice(0, -2)];
  let y = x;
  for (const [axis, length] of lead.entries()) {
    if (own[axis] === length) continue;
    own[axis] = length;
    // WebGPU tiles four axes at most
    const before = lead.slice(0, axis).reduce((all, one) => all * one, 1);
    const flat = tf.reshape(y, [before, 1, -1]);
    y = tf.tile(flat, [1, length, 1]);
  }
  return y === x ? x : tf.reshape(y, [...lead, ...matrix]);
}
