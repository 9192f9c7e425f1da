import { anyText, callback, text } from "../core/kinds.ts";
import { nearest, suggestion, translated } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { type Registry, registry } from "../core/registry.ts";
import type { Backend } from "./backend.ts";
import { mayHaveNvidiaDriver } from "./gpu/nvidia_driver.ts";
import { onnxBackend } from "./onnx_backend.ts";
import { tfjsBackend } from "./tfjs_backend.ts";

const onNvidia = {
  missing: () => mayHaveNvidiaDriver() ? undefined : "no NVIDIA driver",
};

const tensorflowGpu: Backend<"tensorflow-gpu"> = tfjsBackend("tensorflow-gpu", {
  summary: "TensorFlow's C library on an NVIDIA GPU",
  ...onNvidia,
});
const onnxCuda: Backend<"onnx-cuda"> = onnxBackend("cuda", {
  summary: "onnxruntime on an NVIDIA GPU",
  ...onNvidia,
});
const onnxWebgpu: Backend<"onnx-webgpu"> = onnxBackend("webgpu", {
  summary: "onnxruntime on any vendor's GPU",
});
const onnx: Backend<"onnx"> = onnxBackend("cpu", {
  summary: "onnxruntime on the CPU",
});
const tensorflow: Backend<"tensorflow"> = tfjsBackend("tensorflow", {
  summary: "TensorFlow's C library on the CPU",
});
const wasm: Backend<"wasm"> = tfjsBackend("wasm", {
  summary: "TensorFlow.js in WebAssembly",
});
const onnxDml: Backend<"onnx-dml"> = onnxBackend("dml", {
  summary: "onnxruntime on DirectML",
  optIn: true,
});
const onnxCoreml: Backend<"onnx-coreml"> = onnxBackend("coreml", {
  summary: "onnxruntime on Core ML",
  optIn: true,
});
const webgpu: Backend<"webgpu"> = tfjsBackend("webgpu", {
  summary: "TensorFlow.js on WebGPU",
  optIn: true,
});
const cpu: Backend<"cpu"> = tfjsBackend("cpu", {
  summary: "TensorFlow.js in plain JavaScript",
  optIn: true,
});

/** The backends of this package, in the order in which `auto` tries them. */
export const builtInBackends = [
  tensorflowGpu,
  onnxCuda,
  onnxWebgpu,
  onnx,
  tensorflow,
  wasm,
  onnxDml,
  onnxCoreml,
  webgpu,
  cpu,
] as const;

/** Name of a backend: one of this package's, or one that a program added. */
export type BackendName =
  | typeof builtInBackends[number]["name"]
  | (string & Record<never, never>);

const names: BackendName[] = builtInBackends.map(({ name }) => name);

/** Names of the backends, in the order in which `auto` tries them, but for those that are named only. */
export const backendNames: readonly BackendName[] = names;

const all = registry<Backend>(builtInBackends, {
  of: "backends.add",
  entry: "Backend",
  nameOf: ({ name }) => name,
  needs: { name: text("a name"), summary: anyText, open: callback },
});

/** The backends that exist, in the order of tables; a program can add its own. */
export const backends: Registry<Backend> = {
  [Symbol.iterator]: () => all[Symbol.iterator](),
  add(entry) {
    if (entry?.name === "auto") {
      throw new TypeError('Backend "auto" exists already');
    }
    all.add(entry);
    names.push(entry.name);
  },
};

/** The backends that `auto` tries, in order. */
export function automaticBackends(): Backend[] {
  return [...backends].filter(({ optIn }) => !optIn);
}

/** Names of other programs for devices, and the backend that runs there. */
const elsewhere: Readonly<Record<string, BackendName>> = {
  gpu: "onnx-webgpu",
  vulkan: "onnx-webgpu",
  metal: "onnx-webgpu",
  mps: "onnx-webgpu",
  rocm: "onnx-webgpu",
  hip: "onnx-webgpu",
  xpu: "onnx-webgpu",
  amd: "onnx-webgpu",
  intel: "onnx-webgpu",
  apple: "onnx-webgpu",
  opencl: "onnx-webgpu",
  dawn: "onnx-webgpu",
  directx: "onnx-webgpu",
  d3d12: "onnx-webgpu",
  dx12: "onnx-webgpu",
  cuda: "onnx-cuda",
  cudnn: "onnx-cuda",
  nvidia: "onnx-cuda",
  tensorrt: "onnx-cuda",
  dml: "onnx-dml",
  directml: "onnx-dml",
  winml: "onnx-dml",
  coreml: "onnx-coreml",
  onnxruntime: "onnx",
  ort: "onnx",
  tf: "tensorflow",
};

/**
 * The backend that an unknown name probably stands for: that of another program's name, or of a name
 * that is spelt much like it.
 *
 * @param known The names that are allowed.
 */
export function meantBackend(
  given: string,
  known: readonly string[] = ["auto", ...backendNames],
): string | undefined {
  const plain = given.replace(/[^a-z]/gi, "").replace(/^onnx(?=.)/i, "");
  const here = (name: string | undefined) => {
    const backend = name === undefined ? name : translated(name, elsewhere);
    return backend !== undefined && known.includes(backend)
      ? backend
      : undefined;
  };
  return here(given) ?? here(plain) ?? nearest(given, known) ??
    here(nearest(plain, Object.keys(elsewhere)));
}

/**
 * The backend of a name.
 *
 * @throws {RangeError} if no backend has it.
 */
export function backendNamed(name: string): Backend {
  const found = [...backends].find((one) => one.name === name);
  if (found !== undefined) return found;
  const meant = meantBackend(name);
  const end = meant === undefined
    ? suggestion(name, ["auto", ...backendNames])
    : `, did you mean ${quote(meant)}?`;
  throw new RangeError(`Backend ${quote(name)} is not known${end}`);
}
