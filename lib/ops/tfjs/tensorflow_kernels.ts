/** Kernels of the tensorflow backend in a form that TensorFlow computes faster. */

import type { TensorInfo } from "@tensorflow/tfjs";
import type { NodeBackend } from "./node_backend.ts";
import {
  runProduct,
  runReduction,
  runReshape,
  runTranspose,
} from "./node_operations.ts";
import type { Tf } from "./tf.ts";

const replaced = new WeakSet<Tf>();

/** Replaces the kernels once; later calls do nothing. */
export function replaceTensorflowKernels(tf: Tf): void {
  if (replaced.has(tf)) return;
  replaced.add(tf);
  replace(tf, "BatchMatMul", matrixProduct);
  replace(tf, "Reshape", reshape);
  replace(tf, "Cast", cast);
  replace(tf, "Transpose", transpose);
  replace(tf, "Sum", reduction("Sum", tf));
  replace(tf, "Mean", reduction("Mean", tf));
}

/** A kernel in place of another; it returns `undefined` to let the other one run. */
type Replacement = (call: KernelCall) => TensorInfo | undefined;

interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: NodeBackend;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

function replace(tf: Tf, name: string, replacement: Replacement): void {
  const old = tf.getKernel(name, "tensorflow");
  if (old === undefined) return;
  tf.unregisterKernel(name, "tensorflow");
  tf.registerKernel({
    ...old,
    kernelFunc: (call) =>
      replacement(call as unknown as KernelCall) ?? old.kernelFunc(call),
  });
}

function matrixProduct({ inputs, attrs, backend }: KernelCall) {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (a.shape.length !== 2 || b.shape.length !== 2) return undefined;
  const { transposeA, transposeB } = attrs as Record<string, boolean>;
  return runProduct(backend, a, b, { a: transposeA!, b: transposeB! });
}

/** Skips reshapes to the same shape, of which the tape makes many. */
function reshape({ inputs, attrs, backend }: KernelCall) {
  const { x } = inputs as { x: TensorInfo };
  const shape = attrs!.shape as readonly number[];
  const equal = shape.length === x.shape.length &&
    shape.every((length, axis) => length === x.shape[axis]);
  if (equal) return shared(x, backend);
  return x.dtype === "float32" ? runReshape(backend, x, shape) : undefined;
}

/** Skips casts to the same type, of which reductions make many. */
function cast({ inputs, attrs, backend }: KernelCall) {
  const { x } = inputs as { x: TensorInfo };
  return attrs!.dtype === x.dtype ? shared(x, backend) : undefined;
}

function shared(x: TensorInfo, backend: NodeBackend): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

function transpose({ inputs, attrs, backend }: KernelCall) {
  const { x } = inputs as { x: TensorInfo };
  if (x.dtype !== "float32") return undefined;
  return runTranspose(backend, x, attrs!.perm as readonly number[]);
}

function reduction(name: "Sum" | "Mean", tf: Tf): Replacement {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (x.dtype !== "float32") return undefined;
    const axes = tf.util.parseAxisParam(attrs!.axis as number[], x.shape);
    const keepDims = attrs!.keepDims === true;
    return runReduction(backend, name, x, { axes, keepDims });
  };
}
