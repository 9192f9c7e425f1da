import { sizeOf } from "../../core/tensor.ts";
import { readInto } from "../safetensors/read_file.ts";
import type { PickleTensor } from "./pickle_values.ts";
import { bytesOf } from "./python_calls.ts";

/**
 * The values of a strided view as bytes, row by row.
 *
 * @param place Where the view's storage lies in `file`.
 */
export async function readView(
  file: string,
  tensor: PickleTensor,
  place: { readonly offset: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { shape, strides } = tensor;
  const width = bytesOf(tensor.dtype);
  const count = sizeOf(shape);
  const out = new Uint8Array(count * width);
  if (count === 0) return out;
  const start = place.offset + tensor.storage.start + tensor.offset * width;
  if (isContiguous(shape, strides)) {
    await readInto(file, start, out);
    return out;
  }
  const extent = shape.reduce(
    (sum, dim, i) => sum + (dim - 1) * strides[i]!,
    1,
  );
  const span = new Uint8Array(extent * width);
  await readInto(file, start, span);
  gather(wordsOf(span, width), wordsOf(out, width), { shape, strides });
  return out;
}

/** Whether values lie in their order without gaps; strides of single values mean nothing. */
function isContiguous(
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

function wordsOf(bytes: Uint8Array<ArrayBuffer>, width: number): Words {
  switch (width) {
    case 2:
      return new Uint16Array(bytes.buffer);
    case 4:
      return new Uint32Array(bytes.buffer);
    case 8:
      return new BigUint64Array(bytes.buffer);
    default:
      return bytes;
  }
}

function gather(
  from: Words,
  into: Words,
  { shape, strides }: {
    shape: readonly number[];
    strides: readonly number[];
  },
): void {
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < into.length; i++) {
    into[i] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}
