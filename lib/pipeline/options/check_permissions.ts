import { tmpdir } from "node:os";
import { cacheFolder } from "../../core/files/cache_folder.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import {
  refusedPermission,
  requirePermissions,
} from "../../core/permissions.ts";
import type { BackendName } from "../../ops/open_executor.ts";

const graphsAreWritten = "onnxruntime reads graphs from the temporary folder";

/**
 * Checks what a model needs to run and its pictures to be read and written, before anything is
 * fetched or loaded. Whether a native library may be loaded only shows when it is, so the library
 * for pictures, which is needed in any case, is loaded here.
 *
 * @throws {LocRefError} `permission-missing`, which names the permission and what needs it.
 */
export async function checkLoadPermissions(
  backend: BackendName | "auto" = "auto",
): Promise<void> {
  await importPackage("sharp");
  if (backend !== "auto" && !backend.startsWith("onnx")) return;
  try {
    if (mayWrite(cacheFolder())) return;
    requirePermissions([{
      permission: { name: "write", path: tmpdir() },
      reason: graphsAreWritten,
    }]);
  } catch (error) {
    throw refusedPermission(error) ?? error;
  }
}

function mayWrite(path: string): boolean {
  return Deno.permissions.querySync({ name: "write", path }).state ===
    "granted";
}
