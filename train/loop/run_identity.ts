import { LocRefError } from "../../lib/core/error.ts";
import { listCheckpoints } from "./checkpoint.ts";
import type { TrainOptions } from "./train_options.ts";

/** Settings that must not change between a run and its continuation. */
export function identityOf(
  options: TrainOptions,
): Record<string, string | number> {
  const { name, seed = 0, batch, optimizer } = options;
  return { name, seed, batch, ema: optimizer?.ema ?? "none" };
}

/** Refuses to go on with a run that was begun with other settings. */
export function checkIdentity(
  saved: Readonly<Record<string, string | number>>,
  wanted: Readonly<Record<string, string | number>>,
  out: string,
): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (saved[key] === value) continue;
    throw new LocRefError(
      "training",
      `Run ${out} was begun with ${key} ${
        saved[key]
      }, so it cannot go on with ${value}`,
    );
  }
}

/** Refuses to begin a run in a folder that holds one. */
export async function refuseToOverwrite(out: string): Promise<void> {
  const last = (await listCheckpoints(out)).at(-1);
  if (last === undefined) return;
  throw new LocRefError(
    "training",
    `Folder ${out} holds a run already (${last}): go on with --resume, or name another folder`,
  );
}
