/** Which calls of a pickle are understood, without Python: those that describe tensors. */

import { PickleFault } from "./pickle_fault.ts";
import { quote } from "../../core/quote.ts";
import { bitsPerElement, type WeightDType } from "../safetensors/dtypes.ts";
import { pickleLimits } from "./pickle_limits.ts";
import {
  PickleOpaque,
  PickleStorage,
  PickleSymbol,
  PickleTensor,
} from "./pickle_values.ts";

/** Makes a value of the arguments of a call. It throws a `PickleFault` for arguments that cannot be. */
export type KnownCall = (args: readonly unknown[]) => unknown;

/** PyTorch's classes of storages, by the type of their values. */
const storageTypes: ReadonlyMap<string, WeightDType> = new Map([
  ["DoubleStorage", "F64"],
  ["FloatStorage", "F32"],
  ["HalfStorage", "F16"],
  ["BFloat16Storage", "BF16"],
  ["LongStorage", "I64"],
  ["IntStorage", "I32"],
  ["ShortStorage", "I16"],
  ["CharStorage", "I8"],
  ["ByteStorage", "U8"],
  ["BoolStorage", "BOOL"],
  ["ComplexFloatStorage", "C64"],
]);

/** PyTorch's names of types that have no class of storage, and the others again. */
const tensorTypes: ReadonlyMap<string, WeightDType> = new Map([
  ["float64", "F64"],
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
  ["uint16", "U16"],
  ["uint32", "U32"],
  ["uint64", "U64"],
  ["complex64", "C64"],
  ["float8_e4m3fn", "F8_E4M3"],
  ["float8_e5m2", "F8_E5M2"],
  ["float8_e4m3fnuz", "F8_E4M3FNUZ"],
  ["float8_e5m2fnuz", "F8_E5M2FNUZ"],
  ["float8_e8m0fnu", "F8_E8M0"],
]);

/** Calls by the names of their functions and classes. */
export const knownCalls: ReadonlyMap<string, KnownCall> = new Map([
  ["collections.OrderedDict", dictionary],
  ["torch._utils._rebuild_tensor", (args) => rebuildTensor(args)],
  ["torch._utils._rebuild_tensor_v2", (args) => rebuildTensor(args)],
  [
    "torch._utils._rebuild_tensor_v3",
    (args) => rebuildTensor(args, tensorType(args[6])),
  ],
  ["torch._utils._rebuild_parameter", (args) => tensorOf(args[0])],
  ["torch._utils._rebuild_parameter_with_state", (args) => tensorOf(args[0])],
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch.Size", (args) => Array.isArray(args[0]) ? args[0] : []],
  ["torch.device", () => new PickleOpaque("torch.device")],
]);

/** The storage that a persistent id names. */
export function storageOf(id: unknown): PickleStorage {
  if (!Array.isArray(id) || id[0] !== "storage") {
    throw new PickleFault(
      `it refers to ${
        quote(Array.isArray(id) ? id[0] : id)
      } outside of its description, where a storage was expected`,
    );
  }
  const [, type, key, , count, view] = id;
  const name = type instanceof PickleSymbol ? type.name : quote(type);
  const raw = name === "torch.storage.UntypedStorage" ||
    name === "torch.UntypedStorage";
  const [, kind = ""] = /^torch\.(?:cuda\.|storage\.)?(\w+)$/.exec(name) ?? [];
  const dtype = storageTypes.get(kind);
  if (!raw && dtype === undefined) {
    throw new PickleFault(
      `storage ${quote(key)} is of ${name}, which safetensors does not have`,
    );
  }
  if (typeof key !== "string") {
    throw new PickleFault(`a storage is named ${quote(key)}`);
  }
  const width = dtype === undefined ? 1 : bytesOf(dtype);
  const bytes = counted(count, `storage ${quote(key)} has`) * width;
  if (!Array.isArray(view)) return new PickleStorage(key, dtype, bytes);
  // before PyTorch 0.4: a storage that is part of another
  const start = counted(view[1], `storage ${quote(key)} begins at`) * width;
  const length = counted(view[2], `storage ${quote(key)} has`) * width;
  return new PickleStorage(key, dtype, length, start);
}

/** Bytes of a value. */
export function bytesOf(dtype: WeightDType): number {
  return bitsPerElement(dtype)! / 8;
}

function dictionary(args: readonly unknown[]): Map<unknown, unknown> {
  const pairs = args[0] ?? [];
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs) || !pairs.every((one) => Array.isArray(one))) {
    throw new PickleFault("a dictionary is made of something else than pairs");
  }
  return new Map(pairs as [unknown, unknown][]);
}

function tensorType(symbol: unknown): WeightDType {
  const name = symbol instanceof PickleSymbol ? symbol.name : quote(symbol);
  const dtype = tensorTypes.get(name.replace(/^torch\./, ""));
  if (dtype !== undefined) return dtype;
  throw new PickleFault(
    `a tensor is of ${name}, which safetensors does not have`,
  );
}

function tensorOf(value: unknown): PickleTensor {
  if (value instanceof PickleTensor) return value;
  throw new PickleFault(`a parameter is made of ${quote(value)}`);
}

/** Tensors that bear attributes: `(function, class, arguments, state)`. */
function rebuildFromType(args: readonly unknown[]): unknown {
  const [made, type, inner] = args;
  const call = made instanceof PickleSymbol
    ? knownCalls.get(made.name)
    : undefined;
  const plain = type instanceof PickleSymbol &&
    ["torch.Tensor", "torch.nn.parameter.Parameter"].includes(type.name);
  if (call !== undefined && call !== rebuildFromType && plain) {
    if (Array.isArray(inner)) return call(inner);
  }
  return new PickleOpaque(
    type instanceof PickleSymbol ? type.name : "a tensor",
  );
}

function rebuildTensor(
  args: readonly unknown[],
  dtype?: WeightDType,
): PickleTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof PickleStorage)) {
    throw new PickleFault(`a tensor is made of ${quote(storage)}`);
  }
  const type = dtype ?? storage.dtype;
  if (type === undefined) {
    throw new PickleFault(
      `a tensor of storage ${quote(storage.key)} has no type`,
    );
  }
  const start = counted(offset, "a tensor begins at");
  const dims = countedList(shape, "shape");
  const steps = countedList(strides, "strides");
  if (dims.length !== steps.length) {
    throw new PickleFault(
      `a tensor has ${dims.length} dimensions and ${steps.length} strides`,
    );
  }
  checkInside(storage, { type, start, dims, steps });
  return new PickleTensor(storage, type, start, dims, steps);
}

/** Every value of a tensor lies in its storage. */
function checkInside(
  storage: PickleStorage,
  { type, start, dims, steps }: {
    type: WeightDType;
    start: number;
    dims: readonly number[];
    steps: readonly number[];
  },
): void {
  if (dims.includes(0)) return;
  let last = start;
  dims.forEach((dim, i) => last += (dim - 1) * steps[i]!);
  const end = (last + 1) * bytesOf(type);
  if (Number.isSafeInteger(end) && end <= storage.bytes) return;
  throw new PickleFault(
    `a tensor of shape ${quote(dims)} reaches to byte ${end} of storage ${
      quote(storage.key)
    }, which has ${storage.bytes}`,
  );
}

function countedList(value: unknown, what: string): number[] {
  if (!Array.isArray(value) || value.length > pickleLimits.dimensions) {
    throw new PickleFault(`a tensor has ${quote(value)} as its ${what}`);
  }
  return value.map((one) => counted(one, `a tensor has in its ${what}`));
}

function counted(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) {
    return value as number;
  }
  throw new PickleFault(
    `${what} ${quote(value)}, where a whole number from 0 on was expected`,
  );
}
