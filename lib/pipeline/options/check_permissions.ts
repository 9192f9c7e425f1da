import { tmpdir } from "node:os";
import { cacheFolder } from "../../core/files/cache_folder.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import {
  refusedPermission,
  requirePermissions,
} from "../../core/machine/permissions.ts";
import { type BackendName, backends } from "../../ops/backends.ts";

const graphsAreWritten = "onnxruntime reads graphs from the temporary folder";

/**
 * Checks what a model needs to run and its pictures to be read and written, before anything is
 * fetched or loaded. Whether a native library may be loaded only shows when it is. So the library
 * for pictures is loaded here, which is needed in any case.
 *
 * @throws {LocRefError} `permission-missing`, which names the permission and what needs it.
 */
export async function checkLoadPermissions(
  backend: BackendName | "auto" = "auto",
): Promise<void> {
  await importPackage("sharp");
  const writes = [...backends].some(({ name, writesGraphs }) =>
    writesGraphs && (backend === "auto" || name === backend)
  );
  if (!writes) return;
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
