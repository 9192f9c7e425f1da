import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../../lib/ops/tfjs/tf.ts";

/** The backends of TensorFlow.js that work here: `wasm` and `cpu` always, `tensorflow` where it was set up. */
export async function tfjsBackends(): Promise<TfjsBackend[]> {
  const backends: TfjsBackend[] = ["cpu", "wasm"];
  try {
    await openTfjs("tensorflow");
    backends.push("tensorflow");
  } catch {
    // not set up on this machine
  }
  return backends;
}
