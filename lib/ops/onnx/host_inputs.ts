import type * as onnxruntime from "onnxruntime-node";
import type { Tensor } from "../../core/tensor.ts";

type Ort = typeof onnxruntime;

/** Values below which an input is rounded anew each time. */
const fewest = 256;

/**
 * Inputs as onnxruntime takes them from the host. Graphs of half precision take halves, so that a
 * step copies half the bytes to a device, which then has nothing to cast: keys and values of the text
 * are 100 MB in float32 for Stable Diffusion XL.
 */
export class HostInputs {
  readonly #ort: Ort;
  readonly #halves = new WeakMap<Tensor, onnxruntime.Tensor>();

  /** Takes onnxruntime, and has rounded nothing yet. */
  constructor(ort: Ort) {
    this.#ort = ort;
  }

  /** An input in the type that a graph has for it; one that comes again is rounded once. */
  tensor(
    input: Tensor,
    type: "float32" | "float16" | "int32",
  ): onnxruntime.Tensor {
    const { shape, data } = input;
    if (type !== "float16") {
      return new this.#ort.Tensor(type as "float32", data as Float32Array, [
        ...shape,
      ]);
    }
    const known = this.#halves.get(input);
    if (known !== undefined) return known;
    const half = halfTensor(data as Float32Array, shape);
    if (data.length >= fewest) this.#halves.set(input, half);
    return half;
  }
}

/**
 * Rounded values as the binding reads them. Its own class makes a Float16Array of them, whose length
 * Deno's interface for native code gives as 0.
 */
function halfTensor(
  data: Float32Array,
  shape: readonly number[],
): onnxruntime.Tensor {
  const { buffer } = new Float16Array(data);
  const tensor = {
    type: "float16",
    dims: [...shape],
    data: new Uint16Array(buffer),
    location: "cpu",
  };
  return tensor as unknown as onnxruntime.Tensor;
}

/** The type of each input of a session. */
export function inputTypes(
  { inputMetadata }: Pick<onnxruntime.InferenceSession, "inputMetadata">,
): ReadonlyMap<string, "float32" | "float16" | "int32"> {
  return new Map(inputMetadata.map((input) => {
    const type = input.isTensor ? input.type : "float32";
    return [input.name, type as "float32" | "float16" | "int32"];
  }));
}
