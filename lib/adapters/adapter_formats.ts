/** Adapter files: which formats exist, and which one a file has. */

import { LocRefError } from "../core/error.ts";
import { refuseOtherKind } from "../weights/refuse_kind.ts";
import {
  openSafetensors,
  type SafetensorsFile,
} from "../weights/safetensors/safetensors.ts";
import type { Adapter, AdapterFormat } from "./adapter.ts";
import {
  adapterInWords,
  ipAdapterFormat,
} from "./ip_adapter/ip_adapter_format.ts";
import { locrefFormat } from "./locref/locref_format.ts";

/** Every format of adapter file, in the order in which a file is compared with them. */
export const adapterFormats: readonly AdapterFormat[] = [
  locrefFormat,
  ipAdapterFormat,
];

/**
 * Opens an adapter file and finds out its format.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it has none of {@linkcode adapterFormats}.
 */
export async function openAdapter(path: string): Promise<Adapter> {
  return readAdapter(await openSafetensors(path));
}

/**
 * An open file as an adapter. Reads no values.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it has none of {@linkcode adapterFormats}.
 */
export function readAdapter(file: SafetensorsFile): Adapter {
  const format = adapterFormats.find((one) => one.matches(file));
  if (format !== undefined) return format.open(file);
  refuseOtherKind(file, {
    kinds: [],
    file: `"${file.path}"`,
    expected: adapterInWords,
  });
  throw new LocRefError(
    "checkpoint-mismatch",
    `"${file.path}" is no adapter: it has neither the metadata of a LocRef file nor the tensors of an IP-Adapter`,
  );
}
