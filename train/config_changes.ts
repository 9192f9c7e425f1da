/** Settings that a run goes on with and was not begun with. */

import { quote } from "../lib/core/quote.ts";

/** Settings whose change changes nothing of what is learned. */
const harmless = new Set([
  "backend",
  "checkpoint.every",
  "checkpoint.keep",
  "logEvery",
  "sampleEvery",
  "steps",
  "epochs",
]);

/** A sentence for each setting that differs, by its path in the config. */
export function configChanges(before: unknown, now: unknown): string[] {
  const old = leaves(before), own = leaves(now);
  return [...new Set([...old.keys(), ...own.keys()])].sort()
    .filter((path) => !harmless.has(path))
    .filter((path) =>
      JSON.stringify(old.get(path)) !== JSON.stringify(own.get(path))
    )
    .map((path) =>
      `The run was begun with ${path} ${
        quote(old.get(path))
      } and goes on with ${quote(own.get(path))}`
    );
}

function leaves(value: unknown, prefix = ""): Map<string, unknown> {
  const plain = typeof value === "object" && value !== null &&
    !Array.isArray(value);
  if (!plain) return new Map([[prefix, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, one]) => [
      ...leaves(one, prefix === "" ? key : `${prefix}.${key}`),
    ]),
  );
}
