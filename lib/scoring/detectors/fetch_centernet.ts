import { existsSync } from "node:fs";
import { join } from "node:path";
import { importPackage } from "../../core/packages/import_package.ts";
import { LocRefError } from "../../core/error.ts";

/**
 * Path of CenterNet's `centernet.json`, from npm's cache or the registry.
 *
 * @throws {LocRefError} `file-missing` if the package is not here and cannot be fetched.
 */
export async function fetchCenterNet(): Promise<string> {
  let reason = "it has no models/centernet.json";
  try {
    const folder = await importPackage("centernet");
    const path = join(folder, "models", "centernet.json");
    if (existsSync(path)) return path;
  } catch (error) {
    reason = (error as Error).message.split("\n")[0]!;
  }
  throw new LocRefError(
    "file-missing",
    `CenterNet is missing: package @vladmandic/human could not be used (${reason})`,
  );
}
