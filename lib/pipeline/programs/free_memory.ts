/**
 * Memory that programs could take on this machine now, in bytes; `undefined` without Deno's
 * permission `sys`, for which this shows no prompt.
 */
export function freeMemory(): number | undefined {
  const permission = { name: "sys", kind: "systemMemoryInfo" } as const;
  const { state } = Deno.permissions.querySync(permission);
  return state === "granted" ? Deno.systemMemoryInfo().available : undefined;
}
