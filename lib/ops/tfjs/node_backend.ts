import type { TensorInfo } from "@tensorflow/tfjs";

/** An attribute of an operation, as tfjs-node hands it to TensorFlow. */
export interface Attribute {
  readonly name: string;
  readonly type?: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that runs operations by their TensorFlow name. */
export interface NodeBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeSingleOutput(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly TensorInfo[],
  ): TensorInfo;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): TensorInfo[];
  incRef(dataId: TensorInfo["dataId"]): void;
  write(
    values: Int32Array | Float32Array,
    shape: readonly number[],
    dtype: "int32" | "float32",
  ): TensorInfo["dataId"];
  disposeData(dataId: TensorInfo["dataId"], force: boolean): boolean;
}

/** The attribute `name` that says `type`, such as `FLOAT`. */
export function typeAttribute(
  { binding }: NodeBackend,
  name: string,
  type: "FLOAT" | "INT32" = "FLOAT",
): Attribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding[`TF_${type}`] };
}

/** A yes or no as an attribute. */
export function flagAttribute(
  { binding }: NodeBackend,
  name: string,
  value: boolean,
): Attribute {
  return { name, type: binding.TF_ATTR_BOOL, value };
}

/** A text as an attribute. */
export function textAttribute(
  { binding }: NodeBackend,
  name: string,
  value: string,
): Attribute {
  return { name, type: binding.TF_ATTR_STRING, value };
}
