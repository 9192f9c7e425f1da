import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { logName, readLog } from "../log/training_log.ts";
import {
  type Checkpoint,
  listCheckpoints,
  loadNewest,
  saveCheckpoint,
} from "./checkpoint.ts";
import type { HostWeights } from "./host_weights.ts";

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

/** Options of {@linkcode keepCompact}. */
export interface KeepCompactOptions {
  /**
   * Numbers that a checkpoint may have for its moments of AdamW to be kept. Above it there is one
   * number a weight, its moving average, and the run goes on with fresh moments.
   *
   * @default {6 million}
   */
  readonly most?: number;
}

/**
 * Writes the last checkpoint of run `out` in half precision into `folder`, with its log: small enough
 * for a repository. {@linkcode adoptCompact} makes a run of it again.
 *
 * @throws {LocRefError} `file-missing` if the run has no checkpoint.
 */
export async function keepCompact(
  out: string,
  folder: string,
  { most = 6e6 }: KeepCompactOptions = {},
): Promise<void> {
  const last = await loadNewest(out);
  if (last === undefined) {
    throw new LocRefError(
      "file-missing",
      `Folder ${quote(out)} holds no checkpoint`,
    );
  }
  await mkdir(folder, { recursive: true });
  const { position, tensors } = countOf(last.tensors) > most
    ? withoutMoments(last)
    : last;
  await saveCheckpoint(folder, position, tensors, {
    keep: 1,
    // squares of small gradients are below what F16 holds
    dtype: (name) => name.startsWith("square.") ? "BF16" : "F16",
  });
  await keepLog(out, folder, last.position.step);
}

/** Writes every tenth line of a run's log into `folder`, up to step `last`, with what was measured. */
export async function keepLog(
  out: string,
  folder: string,
  last = Infinity,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = (await readLog(out)).filter(({ step }) =>
    step % keptEvery === 0 && step <= last
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
  await saveCheckpoint(out, last.position, withMoments(last.tensors));
  await copyFile(join(folder, logName), join(out, logName));
  await copyBesides(folder, out);
  return true;
}

function countOf(tensors: HostWeights): number {
  return [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
}

/** The average alone, as weights of a run whose moments begin anew. */
function withoutMoments(
  { position, tensors }: Checkpoint,
): Pick<Checkpoint, "position" | "tensors"> {
  const best = [...tensors.keys()].some((name) => name.startsWith("average."))
    ? "average."
    : "weights.";
  const kept = [...tensors].filter(([name]) => name.startsWith(best))
    .map(([name, weight]) =>
      [`weights.${name.slice(best.length)}`, weight] as const
    );
  return {
    // the age of fresh moments is that of a run's first step
    position: { ...position, earlier: -position.step },
    tensors: new Map(kept),
  };
}

/** A checkpoint's tensors, with moments of zero and an average where only weights were kept. */
function withMoments(tensors: HostWeights): HostWeights {
  const all = new Map(tensors);
  const has = (kind: string) =>
    [...tensors.keys()].some((name) => name.startsWith(`${kind}.`));
  if (has("mean")) return all;
  for (const [name, { shape, data }] of tensors) {
    const own = name.slice("weights.".length);
    all.set(`average.${own}`, { shape, data });
    for (const kind of ["mean", "square"]) {
      all.set(`${kind}.${own}`, { shape, data: new Float32Array(data.length) });
    }
  }
  return all;
}

async function copyBesides(from: string, to: string): Promise<void> {
  for (const name of besides) {
    if (existsSync(join(from, name))) {
      await copyFile(join(from, name), join(to, name));
    }
  }
}
