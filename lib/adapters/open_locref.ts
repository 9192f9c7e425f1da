import { LocRefError } from "../core/error.ts";
import { quote } from "../core/quote.ts";
import type { AdapterSource } from "./adapter.ts";
import { openAdapter, readAdapter } from "./adapter_formats.ts";
import { type LocRefAdapter, locrefAmong } from "./locref/locref_file.ts";

/**
 * Opens an adapter that must be LocRef's or an IP-Adapter, for what trains or converts it.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is of another kind.
 */
export async function openLocRef(path: string): Promise<LocRefAdapter> {
  return expectLocRef(path, locrefAmong([await openAdapter(path)]));
}

/**
 * An open file that must be LocRef's or an IP-Adapter.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is of another kind.
 */
export function readLocRef(file: AdapterSource): LocRefAdapter {
  return expectLocRef(file.path, locrefAmong([readAdapter(file)]));
}

function expectLocRef(
  path: string,
  found: LocRefAdapter | undefined,
): LocRefAdapter {
  if (found !== undefined) return found;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapter ${
      quote(path)
    } is of another kind: it must be LocRef's or an IP-Adapter`,
  );
}
