/** A thread whose requests end when another releases them. */

import { LocRefError } from "../../../lib/core/error.ts";
import { serve } from "../../../train/threads/serve.ts";

const held = new Map<string, () => void>();

serve(
  (setup: string) =>
    setup === "broken"
      ? Promise.reject(new LocRefError("file-missing", "Nothing to open"))
      : Promise.resolve(setup),
  async (request: string, opened) => {
    if (request === "wrong") throw new LocRefError("file-invalid", "Not this");
    if (request === "crash") setTimeout(() => reportError(new Error("gone")));
    if (request.startsWith("release ")) held.get(request.slice(8))!();
    else await new Promise<void>((go) => held.set(request, go));
    return `${opened}: ${request}`;
  },
);
