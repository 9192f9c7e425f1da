import type { Backend } from "./backend.ts";
import type { TfjsBackend } from "./tfjs/tf.ts";

/** TensorFlow.js on one of its backends. */
export function tfjsBackend<Name extends TfjsBackend>(
  name: Name,
  about: Pick<Backend, "summary" | "optIn" | "missing">,
): Backend<Name> {
  return {
    ...about,
    name,
    async open() {
      const { tfjsExecutor } = await import("./tfjs/executor.ts");
      return await tfjsExecutor(name);
    },
    async openGradient() {
      const { openTfjs } = await import("./tfjs/runtime.ts");
      const { tfjsInputGradient } = await import("./tfjs/input_gradient.ts");
      return tfjsInputGradient(await openTfjs(name));
    },
  };
}
