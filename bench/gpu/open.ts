/** Opens a backend and ends; with `--first`, where no device was ever tested. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { BackendName } from "../../lib/ops/backends.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "auto" },
    first: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
const folder = values.first
  ? mkdtempSync(join(tmpdir(), "locref-opened-"))
  : undefined;
if (folder !== undefined) process.env.XDG_CACHE_HOME = folder;
try {
  const { executor } = await openExecutor(values.backend as BackendName, {
    threads: Number(values.threads),
  });
  await executor.dispose();
} finally {
  if (folder !== undefined) rmSync(folder, { recursive: true });
}
