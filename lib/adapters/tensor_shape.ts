import { LocRefError } from "../core/error.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";

/**
 * The shape of a tensor that an adapter file must hold.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is missing.
 */
export function shapeOf(
  file: SafetensorsFile,
  name: string,
): readonly number[] {
  const info = file.info(name);
  if (info) return info.shape;
  const message = `Adapter "${file.path}" has no tensor "${name}"`;
  throw new LocRefError("checkpoint-mismatch", message);
}
