import type { Tf, TfTensor } from "./tf.ts";

/** Disposes of every tensor in `value`, a tensor or plain objects, arrays and maps that hold some. */
export function disposeTensors(tf: Tf, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof tf.Tensor) {
    if (!(value as TfTensor).isDisposed) value.dispose();
  } else if (value instanceof Map || Array.isArray(value)) {
    for (const item of value.values()) disposeTensors(tf, item);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) disposeTensors(tf, item);
  }
}
