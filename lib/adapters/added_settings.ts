import type { Kind } from "../core/kinds.ts";

const added = new Map<string, Kind>();

/** Keeps the kinds of settings of an adapter's format that a program adds. */
export function addSettings(kinds: Readonly<Record<string, Kind>>): void {
  for (const [name, kind] of Object.entries(kinds)) added.set(name, kind);
}

/** Kinds of settings of the formats that programs added, by the `kind` of the adapters. */
export function addedSettings(): Readonly<Record<string, Kind>> {
  return Object.fromEntries(added);
}
