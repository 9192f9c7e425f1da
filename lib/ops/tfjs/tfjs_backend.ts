import type { Backend } from "../backend.ts";
import type { TfjsBackend } from "./tf.ts";

/** TensorFlow.js on one of its backends. */
export function tfjsBackend<Name extends TfjsBackend>(
  name: Name,
  about: Pick<Backend, "summary" | "optIn" | "missing">,
): Backend<Name> {
  return {
    ...about,
    name,
    async open() {
      const { tfjsExecutor } = await import("./executor.ts");
      return await tfjsExecutor(name);
    },
  };
}
