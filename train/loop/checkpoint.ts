import { join } from "node:path";
import { sha256OfFile } from "../../lib/core/files/hash.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import {
  type HostWeights,
  readHostWeights,
  writeHostWeights,
  type WriteHostWeightsOptions,
} from "./host_weights.ts";

/** Where a run stood when it was saved. All randomness follows from it, see {@linkcode random}. */
export interface RunPosition {
  /** Steps done. */
  readonly step: number;
  /** Place of the next sample: how many samples were seen. */
  readonly samples: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** Steps of the runs that this one follows, whose moments it took over. @default {0} */
  readonly earlier?: number;
  /** Settings that a run must not change on its way. */
  readonly identity: Readonly<Record<string, string | number>>;
}

/** A checkpoint that was read. */
export interface Checkpoint {
  readonly position: RunPosition;
  /** The result of `Optimizer.save`. */
  readonly tensors: HostWeights;
  readonly path: string;
}

interface StateFile extends RunPosition {
  readonly format: 1;
  /** SHA-256 of the other files, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

const tensorsName = "tensors.safetensors";
const stateName = "state.json";

/** Options of {@linkcode saveCheckpoint}. */
export interface SaveCheckpointOptions {
  /** How many checkpoints stay. @default {2} */
  readonly keep?: number;
  /** Precision of the file. @default {"F32"} */
  readonly dtype?: WriteHostWeightsOptions["dtype"];
}

/** Writes a checkpoint into folder `checkpoints` of run `out`, whole or not at all, and removes all but the last `keep`. */
export async function saveCheckpoint(
  out: string,
  position: RunPosition,
  tensors: HostWeights,
  { keep = 2, dtype }: SaveCheckpointOptions = {},
): Promise<string> {
  const folder = join(out, "checkpoints");
  const name = `step-${String(position.step).padStart(8, "0")}`;
  const part = join(folder, `${name}.part`);
  await Deno.remove(part, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(part, { recursive: true });
  await writeHostWeights(join(part, tensorsName), tensors, { dtype });
  const state: StateFile = {
    format: 1,
    ...position,
    sha256: { [tensorsName]: await sha256OfFile(join(part, tensorsName)) },
  };
  await Deno.writeTextFile(
    join(part, stateName),
    `${JSON.stringify(state, null, 2)}\n`,
  );
  for (const file of [tensorsName, stateName]) await sync(join(part, file));
  const path = join(folder, name);
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
  await Deno.rename(part, path);
  for (const old of (await listCheckpoints(out)).slice(0, -keep)) {
    await Deno.remove(old, { recursive: true });
  }
  return path;
}

/** Paths of the checkpoints of run `out`, oldest first. */
export async function listCheckpoints(out: string): Promise<string[]> {
  const folder = join(out, "checkpoints");
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/^step-\d+$/.test(name)) names.push(name);
    }
  } catch (error) {
    ignoreMissing(error);
  }
  return names.sort().map((name) => join(folder, name));
}

/**
 * The newest checkpoint of run `out` whose hashes are right; `undefined` where there is none.
 *
 * @param warn takes a sentence about each damaged one that is skipped.
 * @throws {LocRefError} `file-invalid` if there are checkpoints, but all are damaged.
 */
export async function loadNewest(
  out: string,
  warn: (message: string) => void = console.error,
): Promise<Checkpoint | undefined> {
  const paths = (await listCheckpoints(out)).reverse();
  for (const [i, path] of paths.entries()) {
    try {
      return await loadCheckpoint(path);
    } catch (error) {
      const damaged = error instanceof LocRefError ||
        error instanceof SyntaxError || error instanceof Deno.errors.NotFound;
      if (!damaged || i === paths.length - 1) throw error;
      warn(`${error.message}; going on from the checkpoint before`);
    }
  }
}

/**
 * Reads a checkpoint and checks its hashes.
 *
 * @throws {LocRefError} `file-invalid`, naming the file that was changed.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const state: StateFile = JSON.parse(
    await Deno.readTextFile(join(path, stateName)),
  );
  for (const [name, expected] of Object.entries(state.sha256)) {
    if (await sha256OfFile(join(path, name)) === expected) continue;
    throw new LocRefError(
      "file-invalid",
      `${join(path, name)} is not as it was written: its SHA-256 differs`,
    );
  }
  const file = await openSafetensors(join(path, tensorsName));
  const shapes = new Map(
    file.names().map((name) => [name, file.info(name)!.shape]),
  );
  const { step, samples, seconds, earlier, identity } = state;
  return {
    path,
    position: { step, samples, seconds, earlier, identity },
    tensors: await readHostWeights(file, shapes),
  };
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
