/**
 * Graphs of training steps as onnxruntime has rewritten them, kept between runs: the second run of a
 * training begins in a fraction of the time.
 */

import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import type * as onnxruntime from "onnxruntime-node";
import { cacheFolder } from "../../../core/files/cache_folder.ts";
import { sha256 } from "../../../core/files/hash.ts";

/** Smaller graphs, in bytes, are compiled faster than they are looked up. */
const smallest = 2 ** 17;

/** Graphs that are kept: those used last. */
const kept = 12;

type Ort = typeof onnxruntime;
type InferenceSession = onnxruntime.InferenceSession;
type Settings = onnxruntime.InferenceSession.SessionOptions;

/** Options of {@linkcode createKept}. */
export interface KeptGraphOptions {
  readonly settings: Settings;
  /** Folder of the kept graphs. @default {one in the user's cache folder} */
  readonly folder?: string;
}

/**
 * A session of a graph that holds its own weights. The rewritten graph is read where an earlier run
 * left it, and left behind otherwise. It belongs to this version of the runtime and this processor,
 * whose instructions decide how convolutions lie in memory.
 */
export async function createKept(
  ort: Ort,
  bytes: Uint8Array,
  { settings, folder = join(cacheFolder(), "graphs") }: KeptGraphOptions,
): Promise<InferenceSession> {
  if (bytes.length < smallest) {
    return await ort.InferenceSession.create(bytes, settings);
  }
  const path = join(folder, `${keyOf(ort, bytes, settings)}.onnx`);
  return await readKept(ort, path, settings) ??
    await createAndKeep(ort, bytes, { settings, folder, path });
}

function keyOf(ort: Ort, bytes: Uint8Array, settings: Settings): string {
  const machine = [platform(), arch(), processor()];
  return sha256(
    JSON.stringify([sha256(bytes), ort.env.versions, machine, settings]),
  );
}

/** Name of the processor, where the program may know it. */
function processor(): string {
  try {
    return cpus()[0]?.model ?? "";
  } catch {
    return "";
  }
}

/** The session of a kept graph; undefined where none is kept, or the file is damaged. */
async function readKept(
  ort: Ort,
  path: string,
  settings: Settings,
): Promise<InferenceSession | undefined> {
  try {
    const now = new Date();
    await utimes(path, now, now);
    return await ort.InferenceSession.create(path, {
      ...settings,
      graphOptimizationLevel: "disabled",
    });
  } catch {
    await rm(path, { force: true }).catch(() => {});
    return undefined;
  }
}

async function createAndKeep(
  ort: Ort,
  bytes: Uint8Array,
  { settings, folder, path }: Required<KeptGraphOptions> & { path: string },
): Promise<InferenceSession> {
  const own = `${path}.${crypto.randomUUID()}.part`;
  const forget = () => rm(own, { force: true }).catch(() => {});
  try {
    await mkdir(folder, { recursive: true });
    const session = await ort.InferenceSession.create(bytes, {
      ...settings,
      optimizedModelFilePath: own,
    });
    await rename(own, path).then(() => removeOldest(folder)).catch(forget);
    return session;
  } catch {
    // a folder that cannot be written, or a full disk, costs the next run some seconds
    await forget();
    return await ort.InferenceSession.create(bytes, settings);
  }
}

async function removeOldest(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const aged = await Promise.all(
    paths.map(async (path) => ({ path, time: (await stat(path)).mtimeMs })),
  );
  aged.sort((a, b) => b.time - a.time);
  for (const { path } of aged.slice(kept)) await rm(path, { force: true });
}
