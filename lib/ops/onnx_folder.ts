import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../core/cache_folder.ts";

/** Options of {@linkcode withGraphFolder}. */
export interface GraphFolderOptions {
  /** Folder for graphs; best on the file system of the weights. @default {one that lets link} */
  folder?: string;
  /** Told before weights are copied because they cannot be linked. */
  onCopy?: (message: string) => void;
}

/**
 * Calls `use` with the path of a graph file in a folder of its own, where `files` lie beside it by
 * their names, and removes the folder afterwards.
 *
 * onnxruntime reads weights only from the graph's own folder and follows no symbolic links out of
 * it, so they are hard links, which cost no space. Where no folder lets them be linked, they are
 * copied.
 */
export async function withGraphFolder<R>(
  graph: Uint8Array,
  files: ReadonlyMap<string, string>,
  use: (path: string) => Promise<R>,
  options: GraphFolderOptions = {},
): Promise<R> {
  const folder = await linkedFolder(files, options);
  try {
    const path = join(folder, "graph.onnx");
    await writeFile(path, graph);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function linkedFolder(
  files: ReadonlyMap<string, string>,
  options: GraphFolderOptions,
): Promise<string> {
  const parents = options.folder === undefined
    ? [tmpdir(), cacheFolder()]
    : [options.folder];
  let reason = "";
  for (const parent of parents) {
    const folder = await makeFolder(parent).catch(() => undefined);
    if (folder === undefined) continue;
    try {
      for (const [name, path] of files) {
        await link(await realpath(path), join(folder, name));
      }
      return folder;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      await rm(folder, { recursive: true, force: true });
    }
  }
  return await copiedFolder(files, parents[0]!, { ...options, reason });
}

async function copiedFolder(
  files: ReadonlyMap<string, string>,
  parent: string,
  options: GraphFolderOptions & { reason: string },
): Promise<string> {
  const { onCopy = (message) => console.warn(message), reason } = options;
  const folder = await makeFolder(parent);
  onCopy(
    `Copying weights to ${folder}, since they cannot be linked there (${reason})`,
  );
  for (const [name, path] of files) await copyFile(path, join(folder, name));
  return folder;
}

async function makeFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  return await mkdtemp(join(parent, "locref-graph-"));
}
