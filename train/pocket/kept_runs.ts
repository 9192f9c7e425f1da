/**
 * Runs of the pocket's stages as a repository keeps them: the result of a stage that is done, the
 * last checkpoint of one that is not, and the logs of both.
 */

import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  adoptCompact,
  keepCompact,
  type KeepCompactOptions,
  keepLog,
} from "../loop/compact_checkpoint.ts";

/** Parts of the model that a stage writes; of those of the UNet the shipped model is the copy. */
const parts: Readonly<Record<string, readonly string[]>> = {
  vae: ["vae"],
  vae_detail: ["vae"],
  clip: ["image_encoder", "text_encoder", "tokenizer"],
  clip_latents: ["image_encoder", "text_encoder", "tokenizer"],
  detector: ["detector"],
  evaluation_encoder: ["evaluation_encoder"],
};

/** Where runs lie, and where they are kept. */
export interface RunFolders {
  /** Folder of the runs, each under the name of its stage, beside `model`. */
  readonly runs: string;
  /** Folder in the repository, laid out alike. */
  readonly kept: string;
}

/** Keeps the run of a stage, in place of what was kept of it before. */
export async function keepRun(
  stage: string,
  { runs, kept, most }: RunFolders & KeepCompactOptions,
): Promise<boolean> {
  const run = join(runs, stage), folder = join(kept, stage);
  if (!existsSync(join(run, "checkpoints"))) return false;
  if (!isDone(run) || parts[stage] === undefined) {
    await keepCompact(run, folder, { most });
    return true;
  }
  await keepLog(run, folder);
  await rm(join(folder, "checkpoints"), { recursive: true, force: true });
  await copyParts(stage, { from: runs, to: kept });
  return true;
}

/** Makes a run of what was kept of a stage, unless the stage has a run; returns what it made. */
export async function adoptRun(
  stage: string,
  { runs, kept }: RunFolders,
): Promise<"done" | "begun" | undefined> {
  const run = join(runs, stage), folder = join(kept, stage);
  if (existsSync(join(run, "checkpoints")) || isDone(run)) return undefined;
  if (isDone(folder)) {
    await copyParts(stage, { from: kept, to: runs });
    await keepLog(folder, run);
    return "done";
  }
  return await adoptCompact(folder, run) ? "begun" : undefined;
}

function isDone(run: string): boolean {
  return existsSync(join(run, "done.json"));
}

async function copyParts(
  stage: string,
  { from, to }: { from: string; to: string },
): Promise<void> {
  for (const part of parts[stage] ?? []) {
    const target = join(to, "model", part);
    await rm(target, { recursive: true, force: true });
    await cp(join(from, "model", part), target, { recursive: true });
  }
}
