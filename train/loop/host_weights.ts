import { counted } from "../../lib/core/counted.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { downloadWeight, uploadWeight } from "../../lib/ops/tfjs/layout.ts";
import { countNonFinite } from "../../lib/weights/safetensors/non_finite.ts";
import {
  type WritableDType,
  type WritableTensor,
  writeSafetensors,
} from "../../lib/weights/safetensors/write_safetensors.ts";
import type { Tf, TfTensor } from "./tf.ts";

/** Values of one weight in memory, in PyTorch's shape. */
export interface HostWeight {
  /** Sizes in PyTorch's order. */
  readonly shape: readonly number[];
  /** Values, row-major. */
  readonly data: Float32Array;
}

/** Weights in memory by name, in PyTorch's shapes (`[out, in]`, `[out, in, kh, kw]`). */
export type HostWeights = ReadonlyMap<string, HostWeight>;

/** A source without weights. */
export const noWeights: WeightSource = hostSource(new Map());

/** Weights in memory as models read them. */
export function hostSource(weights: HostWeights): WeightSource {
  return {
    names: () => [...weights.keys()].sort(),
    info: (name) => {
      const weight = weights.get(name);
      if (weight === undefined) return undefined;
      const { shape, data } = weight;
      return { dtype: "F32", shape, offset: 0, length: data.byteLength };
    },
    read: (name) => Promise.resolve(weights.get(name)!.data),
  };
}

/** Reads the weights of `shapes` from a checkpoint. */
export async function readHostWeights(
  source: WeightSource,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<HostWeights> {
  const weights = new Map<string, HostWeight>();
  for (const [name, shape] of shapes) {
    const info = source.info(name);
    if (info === undefined || String(info.shape) !== String(shape)) {
      const found = info === undefined
        ? "is missing"
        : `has shape [${info.shape.join(", ")}]`;
      throw new LocRefError(
        "checkpoint-mismatch",
        `Weight "${name}" ${found}, the model wants [${shape.join(", ")}]`,
      );
    }
    weights.set(name, { shape, data: await source.read(name) });
  }
  return weights;
}

/** Options of {@linkcode writeHostWeights}. */
export interface WriteHostWeightsOptions {
  /** Element type of the file, or of each weight by its name. @default {"F32"} */
  readonly dtype?: WritableDType | ((name: string) => WritableDType);
  /** Text for the file's header. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes weights as a safetensors file, whole or not at all.
 *
 * @throws {LocRefError} `not-finite` before anything is written, if a weight holds NaN or infinity.
 */
export async function writeHostWeights(
  path: string,
  weights: HostWeights,
  options: WriteHostWeightsOptions = {},
): Promise<void> {
  const { dtype = "F32", metadata } = options;
  const dtypeOf = typeof dtype === "function" ? dtype : () => dtype;
  const tensors = new Map<string, WritableTensor>();
  for (const [name, { shape, data }] of weights) {
    const count = countNonFinite(data);
    if (count > 0) {
      throw new LocRefError(
        "not-finite",
        `Weight "${name}" holds ${
          counted(count, "value that is", "values that are")
        } NaN or infinity, so "${path}" is not written`,
      );
    }
    tensors.set(name, { shape, data, dtype: dtypeOf(name) });
  }
  await writeSafetensors(path, tensors, { metadata });
}

/** The shape that a weight has on the device: kernels of convolutions are `[kh, kw, in, out]` there. */
export function deviceShape(shape: readonly number[]): readonly number[] {
  const [out, from, height, width] = shape;
  return shape.length === 4 ? [height!, width!, from!, out!] : shape;
}

/** A weight as a tensor of the device. */
export function toDevice(tf: Tf, { shape, data }: HostWeight): TfTensor {
  // a copy, since tfjs reads the array later
  return uploadWeight(tf, shape, new Float32Array(data));
}

/** A tensor of the device as the weight of PyTorch's `shape` that it came from. */
export async function toHost(
  tf: Tf,
  tensor: TfTensor,
  shape: readonly number[],
): Promise<HostWeight> {
  const { data } = await downloadWeight(tf, tensor);
  return { shape, data: new Float32Array(data) };
}
