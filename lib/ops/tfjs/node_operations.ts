/** TensorFlow's operations by their own names, as tfjs-node's backend runs them. */

import type { TensorInfo } from "@tensorflow/tfjs";
import {
  type Attribute,
  flagAttribute,
  type NodeBackend,
  textAttribute,
  typeAttribute,
} from "./node_backend.ts";

/** An operation on floats that has no attributes, such as `Mul`. */
export function runOperation(
  backend: NodeBackend,
  name: string,
  inputs: readonly TensorInfo[],
): TensorInfo {
  const attributes = [typeAttribute(backend, "T")];
  return backend.executeSingleOutput(name, attributes, inputs);
}

/** `a b`, either of them transposed; of plain matrices `MatMul`, which does that without a copy. */
export function runProduct(
  backend: NodeBackend,
  a: TensorInfo,
  b: TensorInfo,
  turned: { a: boolean; b: boolean },
): TensorInfo {
  const plain = a.shape.length === 2 && b.shape.length === 2;
  const [name, ofA, ofB] = plain
    ? ["MatMul", "transpose_a", "transpose_b"] as const
    : ["BatchMatMulV2", "adj_x", "adj_y"] as const;
  return backend.executeSingleOutput(name, [
    flagAttribute(backend, ofA, turned.a),
    flagAttribute(backend, ofB, turned.b),
    typeAttribute(backend, "T"),
  ], [a, b]);
}

/** `x` in another shape. */
export function runReshape(
  backend: NodeBackend,
  x: TensorInfo,
  shape: readonly number[],
): TensorInfo {
  return runWithList(backend, "Reshape", x, { list: shape, type: "Tshape" });
}

/** `x` with its axes in another order. */
export function runTranspose(
  backend: NodeBackend,
  x: TensorInfo,
  order: readonly number[],
): TensorInfo {
  return runWithList(backend, "Transpose", x, { list: order, type: "Tperm" });
}

/** An operation whose second input is a list of axes or lengths, `type` being the name of its type. */
function runWithList(
  backend: NodeBackend,
  name: string,
  x: TensorInfo,
  { list, type, attributes = [] }: {
    list: readonly number[];
    type: string;
    attributes?: readonly Attribute[];
  },
): TensorInfo {
  return backend.executeSingleOutput(name, [
    ...attributes,
    typeAttribute(backend, "T"),
    typeAttribute(backend, type, "INT32"),
  ], [x, listOf(backend, list)]);
}

/**
 * Sum or mean over `axes`, none of them negative. Sums of rows are gradients of biases, for which
 * TensorFlow has an operation four times as fast.
 */
export function runReduction(
  backend: NodeBackend,
  name: "Sum" | "Mean",
  x: TensorInfo,
  { axes, keepDims }: { axes: readonly number[]; keepDims: boolean },
): TensorInfo {
  const ofRows = x.shape.length > 1 && axes.length === x.shape.length - 1 &&
    !axes.includes(axes.length);
  if (name === "Sum" && ofRows && !keepDims) return runBiasGradient(backend, x);
  const attributes = [flagAttribute(backend, "keep_dims", keepDims)];
  return runWithList(backend, name, x, {
    list: axes,
    type: "Tidx",
    attributes,
  });
}

/** The sum over all axes but the last. */
function runBiasGradient(
  backend: NodeBackend,
  x: TensorInfo,
): TensorInfo {
  return backend.executeSingleOutput("BiasAddGrad", [
    typeAttribute(backend, "T"),
    textAttribute(backend, "data_format", "NHWC"),
  ], [x]);
}

/** `x + bias` along the last axis. */
export function runBias(
  backend: NodeBackend,
  x: TensorInfo,
  bias: TensorInfo,
): TensorInfo {
  return backend.executeSingleOutput("BiasAdd", [
    typeAttribute(backend, "T"),
    textAttribute(backend, "data_format", "NHWC"),
  ], [x, bias]);
}

/** The product that `equation` names, such as `ai,oi->ao`. */
export function runEinsum(
  backend: NodeBackend,
  equation: string,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo {
  const { TF_ATTR_INT } = backend.binding;
  return backend.executeSingleOutput("Einsum", [
    textAttribute(backend, "equation", equation),
    { name: "N", type: TF_ATTR_INT, value: 2 },
    typeAttribute(backend, "T"),
  ], [a, b]);
}

/** Constants that are kept on the device at most; a model has some hundred. */
const maxConstants = 4096;

const constants = new WeakMap<NodeBackend, Map<string, TensorInfo>>();

/**
 * Axes or lengths on the device, made once. tfjs-node makes a tensor of them for each call, which
 * costs as much as a small operation itself.
 */
function listOf(backend: NodeBackend, list: readonly number[]): TensorInfo {
  const shape = [list.length];
  return constant(backend, list.join(), () => ({
    dataId: backend.write(Int32Array.from(list), shape, "int32"),
    shape,
    dtype: "int32",
  }));
}

/** A number on the device, made once. */
export function numberOf(backend: NodeBackend, value: number): TensorInfo {
  return constant(backend, `number ${value}`, () => ({
    dataId: backend.write(Float32Array.of(value), [], "float32"),
    shape: [],
    dtype: "float32",
  }));
}

function constant(
  backend: NodeBackend,
  key: string,
  make: () => TensorInfo,
): TensorInfo {
  const known = constants.get(backend) ?? new Map<string, TensorInfo>();
  constants.set(backend, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= maxConstants) {
    for (const { dataId } of known.values()) backend.disposeData(dataId, true);
    known.clear();
  }
  const made = make();
  known.set(key, made);
  return made;
}
