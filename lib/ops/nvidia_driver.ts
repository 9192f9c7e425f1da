import { existsSync } from "node:fs";
import process from "node:process";

/** Where Linux shows that an NVIDIA driver is loaded, WSL's way last. */
const traces = [
  "/proc/driver/nvidia/version",
  "/dev/nvidiactl",
  "/dev/nvidia0",
  "/dev/dxg",
];

/**
 * Whether there may be an NVIDIA driver. On Linux that is seen at once, so that libraries of a
 * quarter of a second need not be loaded in vain; elsewhere the answer is yes.
 */
export function mayHaveNvidiaDriver(
  platform: string = process.platform,
  exists: (path: string) => boolean = existsSync,
): boolean {
  return platform !== "linux" || traces.some(exists);
}
