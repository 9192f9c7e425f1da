import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileStamps } from "../pipeline/list_model_folder.ts";
import type { LoadOptions } from "../pipeline/load/load_model.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";

/** A model for one run, which gives it back at its end. */
export interface ModelUse extends AsyncDisposable {
  readonly model: LoadedModel;
}

/** A model that stays loaded for the next run that names it. */
interface Kept {
  readonly key: string;
  readonly loading: Promise<LoadedModel>;
  users: number;
  /** Whether it is freed as soon as nobody uses it. */
  stale: boolean;
}

/** One model at a time: two could be more than the memory holds. */
let kept: Kept | undefined;

/**
 * A model by its name, loaded for the first run that names it and kept for the next.
 *
 * @throws what loading throws, or the signal's reason.
 */
export async function keptModel(
  name: string,
  { backend = "auto", signal }: Pick<LoadOptions, "backend" | "signal"> = {},
): Promise<ModelUse> {
  const key = JSON.stringify([backend, name, await filesOf(name)]);
  for (;;) {
    signal?.throwIfAborted();
    const own = kept?.key !== key;
    const entry = own ? keep(key, name, { backend, signal }) : kept!;
    entry.users++;
    try {
      const loaded = await orAborted(entry.loading, signal);
      const giveBack = once(() => leave(entry));
      return { model: loaded, [Symbol.asyncDispose]: giveBack };
    } catch (error) {
      await leave(entry);
      // A load that another run began may have failed since that run was stopped.
      if (own || signal?.aborted) throw error;
    }
  }
}

/**
 * Frees the model that runs without a loaded one have kept; one in use is freed when its runs end.
 */
export async function releaseKept(): Promise<void> {
  const old = kept;
  kept = undefined;
  if (old !== undefined) await retire(old);
}

function keep(
  key: string,
  name: string,
  options: LoadOptions,
): Kept {
  // The old model's memory goes before the new one takes its own.
  const loading = releaseKept().then(async () => {
    const { loadModel } = await import("../pipeline/load/load_model.ts");
    return await loadModel(name, options);
  });
  const entry: Kept = { key, loading, users: 0, stale: false };
  kept = entry;
  loading.catch(() => {
    if (kept === entry) kept = undefined;
  });
  return entry;
}

async function leave(entry: Kept): Promise<void> {
  entry.users--;
  if (entry.stale) await free(entry);
}

async function retire(entry: Kept): Promise<void> {
  entry.stale = true;
  await free(entry);
}

async function free({ users, loading }: Kept): Promise<void> {
  if (users > 0) return;
  const model = await loading.catch(() => undefined);
  await model?.dispose();
}

/** A local model's files, so that one that was written anew is loaded anew. */
async function filesOf(name: string): Promise<unknown> {
  if (name === "pocket" || !existsSync(name)) return undefined;
  const path = resolve(name);
  return [path, await fileStamps(path)];
}

/** A promise that a signal rejects before. */
async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => done ??= act();
}
