import { readFileSync } from "node:fs";

/**
 * Memory that programs could take now, in bytes: on this machine, or in a container with less.
 * `undefined` without Deno's permission `sys`, for which this shows no prompt. Limits of containers are
 * files of the system, which Deno shows to `--allow-all` alone.
 */
export function freeMemory(): number | undefined {
  const permission = { name: "sys", kind: "systemMemoryInfo" } as const;
  if (!isGranted(permission)) return undefined;
  const { available } = Deno.systemMemoryInfo();
  return Math.min(available, freeInContainer(readGranted));
}

/** Control groups of both versions: their folder, their limit, and the pages that no file has. */
const groups = [
  { folder: "/sys/fs/cgroup", limit: "memory.max", own: /^anon (\d+)$/m },
  {
    folder: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    own: /^total_rss (\d+)$/m,
  },
];

/**
 * Memory that a container's limit leaves; infinite where there is none. Pages of files give way to
 * programs, so they count as free.
 *
 * @param read The text of a file; `undefined` if it cannot be read.
 */
export function freeInContainer(
  read: (path: string) => string | undefined,
): number {
  const left = groups.map(({ folder, limit, own }) => {
    const most = Number(read(`${folder}/${limit}`)?.trim() || "max");
    const taken = own.exec(read(`${folder}/memory.stat`) ?? "")?.[1];
    return Number.isNaN(most)
      ? Infinity
      : Math.max(0, most - Number(taken ?? 0));
  });
  return Math.min(...left);
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function readGranted(path: string): string | undefined {
  try {
    return isGranted({ name: "read", path })
      ? readFileSync(path, "utf8")
      : undefined;
  } catch {
    return undefined; // another system, or not all is allowed
  }
}
