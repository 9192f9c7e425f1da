import { LocRefError } from "../core/error.ts";
import type { GradientCompiler } from "./input_gradient.ts";
import { type BackendName, backendNamed, backends } from "./backends.ts";

/**
 * The compiler of derivatives by an input on `backend`: that of the executor which runs the model, so
 * that guidance needs no second runtime.
 *
 * ```ts ignore
 * const compile = await openGradient("onnx");
 * const energy = await compile(program, { weights, by: "sample", shapes });
 * const { loss, gradient } = await energy.run({ sample, text });
 * ```
 *
 * @throws {LocRefError} `backend-missing` if the backend has no gradients, or does not work here.
 */
export async function openGradient(
  backend: BackendName,
): Promise<GradientCompiler> {
  const found = backendNamed(backend);
  const compiler = await found.openGradient?.();
  if (compiler !== undefined) return compiler;
  const able = [...backends].filter(({ openGradient }) => openGradient);
  throw new LocRefError(
    "backend-missing",
    `Backend "${backend}" has no gradients: use ${
      able.map(({ name }) => name).join(", ")
    }`,
  );
}
