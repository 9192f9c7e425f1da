import { existsSync } from "node:fs";
import process from "node:process";

/** Where Linux shows that an NVIDIA driver is loaded, WSL's way last. */
const traces = [
  "/proc/driver/nvidia/version",
  "/dev/nvidiactl",
  "/dev/nvidia0",
  "/dev/dxg",
];

/** The driver's library: with read permission alone Deno refuses to look into `/proc` and `/dev`. */
const libraries = [
  "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
  "/usr/lib64/libcuda.so.1",
  "/usr/lib/libcuda.so.1",
  "/usr/lib/wsl/lib/libcuda.so.1",
];

/**
 * Whether there may be an NVIDIA driver. Linux shows that at once, which saves loading libraries
 * for a quarter of a second. Elsewhere the result is `true`.
 *
 * A trace that may not be read counts as missing. Where one is refused, the driver's library is
 * looked for instead.
 */
export function mayHaveNvidiaDriver(
  platform: string = process.platform,
  exists: (path: string) => boolean = existsSync,
): boolean {
  if (platform !== "linux") return true;
  const seen = traces.map((path) => probe(path, exists));
  if (seen.includes("there")) return true;
  return seen.includes("refused") &&
    libraries.some((path) => probe(path, exists) === "there");
}

/** Whether a path exists, or may not be looked at. */
export function probe(
  path: string,
  exists: (path: string) => boolean = existsSync,
): "there" | "missing" | "refused" {
  try {
    return exists(path) ? "there" : "missing";
  } catch {
    return "refused";
  }
}
