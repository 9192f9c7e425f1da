import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { logName, readLog } from "../log/training_log.ts";
import { listCheckpoints, loadNewest, saveCheckpoint } from "./checkpoint.ts";

/**
 * Files of a run's folder that are kept beside its checkpoint, where they exist. Its config is not:
 * it names folders of the machine that the run was on.
 */
const besides = [
  "held_out.jsonl",
  "foretold.jsonl",
  "done.json",
];

/** Steps between two entries of the log that are kept. */
const keptEvery = 10;

/**
 * Writes the last checkpoint of run `out` in half precision into `folder`, with its log: small enough
 * for a repository. {@linkcode adoptCompact} makes a run of it again.
 *
 * @throws {LocRefError} `file-missing` if the run has no checkpoint.
 */
export async function keepCompact(
  out: string,
  folder: string,
): Promise<void> {
  const last = await loadNewest(out);
  if (last === undefined) {
    throw new LocRefError(
      "file-missing",
      `Folder ${quote(out)} holds no checkpoint`,
    );
  }
  await mkdir(folder, { recursive: true });
  await saveCheckpoint(folder, last.position, last.tensors, {
    keep: 1,
    // squares of small gradients are below what F16 holds
    dtype: (name) => name.startsWith("square.") ? "BF16" : "F16",
  });
  const entries = (await readLog(out)).filter(({ step }) =>
    step % keptEvery === 0 && step <= last.position.step
  );
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  await writeFileAtomically(join(folder, logName), lines);
  await copyBesides(out, folder);
}

/** Makes run `out` of what {@linkcode keepCompact} wrote into `folder`, unless `out` holds a run already. */
export async function adoptCompact(
  folder: string,
  out: string,
): Promise<boolean> {
  const kept = (await listCheckpoints(folder)).at(-1);
  if (kept === undefined || (await listCheckpoints(out)).length > 0) {
    return false;
  }
  const last = (await loadNewest(folder))!;
  await mkdir(out, { recursive: true });
  await saveCheckpoint(out, last.position, last.tensors);
  await copyFile(join(folder, logName), join(out, logName));
  await copyBesides(folder, out);
  return true;
}

async function copyBesides(from: string, to: string): Promise<void> {
  for (const name of besides) {
    if (existsSync(join(from, name))) {
      await copyFile(join(from, name), join(to, name));
    }
  }
}
