import type * as tfjs from "@tensorflow/tfjs";

/** TensorFlow.js, as imported. */
export type Tf = typeof tfjs;

/** The backends of TensorFlow.js that models run on. */
export type TfjsBackend =
  | "tensorflow-gpu"
  | "tensorflow"
  | "wasm"
  | "webgpu"
  | "cpu";
