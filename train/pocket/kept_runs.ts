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

/** Parts of the model that a stage writes and that are kept once it is done. */
const keptParts: Readonly<Record<string, readonly string[]>> = {
  vae: ["vae"],
  vae_detail: ["vae"],
  clip: ["image_encoder", "text_encoder", "tokenizer"],
  clip_latents: ["image_encoder", "text_encoder", "tokenizer"],
  detector: ["detector"],
  evaluation_encoder: ["evaluation_encoder"],
};

/** Files of the model that the UNet's stages write: of these the shipped model is the only copy. */
const finished = [
  "unet",
  "locref",
  "text_encoder",
  "scheduler",
  "model_index.json",
  "words.txt",
];

const adoptedParts: Readonly<Record<string, readonly string[]>> = {
  ...keptParts,
  ...{ unet: finished, unet_finish: finished },
};

/** Where runs lie, and where they are kept. */
export interface RunFolders {
  /** Folder of the runs, each under the name of its stage, beside `model`. */
  readonly runs: string;
  /** Folder in the repository, laid out alike. */
  readonly kept: string;
}

/** Where a fresh checkout finds runs. */
export interface AdoptFolders extends RunFolders {
  /** The model in the repository: parts of it that are not kept beside the runs are theirs. */
  readonly shipped: string;
}

/** Keeps the run of a stage, in place of what was kept of it before. */
export async function keepRun(
  stage: string,
  { runs, kept, most }: RunFolders & KeepCompactOptions,
): Promise<boolean> {
  const run = join(runs, stage), folder = join(kept, stage);
  if (!existsSync(join(run, "checkpoints"))) return false;
  if (!isDone(run)) {
    await keepCompact(run, folder, { most });
    return true;
  }
  await keepLog(run, folder);
  await rm(join(folder, "checkpoints"), { recursive: true, force: true });
  for (const part of keptParts[stage] ?? []) {
    await copyPart(join(runs, "model", part), join(kept, "model", part));
  }
  return true;
}

/** Makes a run of what was kept of a stage, unless the stage has a run; returns what it made. */
export async function adoptRun(
  stage: string,
  { runs, kept, shipped }: AdoptFolders,
): Promise<"done" | "begun" | undefined> {
  const run = join(runs, stage), folder = join(kept, stage);
  if (existsSync(join(run, "checkpoints")) || isDone(run)) return undefined;
  if (isDone(folder)) {
    for (const part of adoptedParts[stage] ?? []) {
      const own = join(kept, "model", part);
      const from = existsSync(own) ? own : join(shipped, part);
      await copyPart(from, join(runs, "model", part));
    }
    await keepLog(folder, run);
    return "done";
  }
  return await adoptCompact(folder, run) ? "begun" : undefined;
}

function isDone(run: string): boolean {
  return existsSync(join(run, "done.json"));
}

async function copyPart(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}
