/** Kernels of the tensorflow backend in a form that TensorFlow computes faster. */

import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "./tfjs_runtime.ts";

/** The part of tfjs-node's backend through which kernels run. */
interface NodeBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeSingleOutput(
    name: string,
    attributes: readonly { name: string; type?: number; value: unknown }[],
    inputs: readonly TensorInfo[],
  ): TensorInfo;
  incRef(dataId: TensorInfo["dataId"]): void;
}

const replaced = new WeakSet<Tf>();

/** Replaces the kernels once; later calls do nothing. */
export function replaceTensorflowKernels(tf: Tf): void {
  if (replaced.has(tf)) return;
  replaced.add(tf);
  replace(tf, "BatchMatMul", matrixProduct);
  replace(tf, "Reshape", reshape);
  replace(tf, "Cast", cast);
}

/** A kernel in place of another; it answers `undefined` where the other one is to run. */
type Replacement = (call: KernelCall) => TensorInfo | undefined;

interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: unknown;
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

/** Two plain matrices: `MatMul` takes transposed ones without copying them, unlike the batched form. */
function matrixProduct({ inputs, attrs, backend }: KernelCall) {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (a.shape.length !== 2 || b.shape.length !== 2) return undefined;
  const node = backend as NodeBackend;
  const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = node.binding;
  return node.executeSingleOutput("MatMul", [
    { name: "transpose_a", type: TF_ATTR_BOOL, value: attrs!.transposeA },
    { name: "transpose_b", type: TF_ATTR_BOOL, value: attrs!.transposeB },
    { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
  ], [a, b]);
}

/** The tape asks for many reshapes to the shape that is there already. */
function reshape({ inputs, attrs, backend }: KernelCall) {
  const { x } = inputs as { x: TensorInfo };
  const shape = attrs!.shape as readonly number[];
  const equal = shape.length === x.shape.length &&
    shape.every((length, axis) => length === x.shape[axis]);
  return equal ? shared(x, backend) : undefined;
}

/** Reductions ask for many casts to the type that is there already. */
function cast({ inputs, attrs, backend }: KernelCall) {
  const { x } = inputs as { x: TensorInfo };
  return attrs!.dtype === x.dtype ? shared(x, backend) : undefined;
}

function shared(x: TensorInfo, backend: unknown): TensorInfo {
  (backend as NodeBackend).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}
