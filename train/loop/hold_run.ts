import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";

/** A run's folder that no other process trains in meanwhile. */
export interface HeldRun {
  readonly release: () => Promise<void>;
}

/**
 * Holds the folder of a run. Two processes that train in one folder would overwrite each other's
 * checkpoints. The system lets go of the lock where a process is killed.
 *
 * @throws {LocRefError} `training` if another process holds it.
 */
export async function holdRun(out: string): Promise<HeldRun> {
  await mkdir(out, { recursive: true });
  const path = join(out, "run.lock");
  const file = await Deno.open(path, { create: true, write: true });
  // where the file system has no locks, nothing is held
  const held = await file.tryLock(true).catch(() => true);
  if (!held) {
    file.close();
    throw new LocRefError(
      "training",
      `Another process trains in ${
        quote(out)
      }: stop it first, or give this run another folder`,
    );
  }
  return {
    release: async () => {
      await rm(path, { force: true });
      file.close();
    },
  };
}
