import { LocRefError } from "../core/error.ts";
import type { AdapterSource } from "./adapter.ts";

/**
 * The shape of a tensor that an adapter file must hold.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is missing.
 */
export function shapeOf(
  file: Pick<AdapterSource, "path" | "info">,
  name: string,
): readonly number[] {
  const info = file.info(name);
  if (info) return info.shape;
  const message = `Adapter "${file.path}" has no tensor "${name}"`;
  throw new LocRefError("checkpoint-mismatch", message);
}
