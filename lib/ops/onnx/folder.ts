import { copyFile, link, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../core/files/cache_folder.ts";
import { LocRefError } from "../../core/error.ts";
import { type GraphFolder, makeGraphFolder } from "../graph_folders.ts";

/** Options of {@linkcode withGraphFolder}. */
export interface GraphFolderOptions {
  /** Folder for graphs; best on the file system of the weights. @default {one that lets link} */
  folder?: string;
  /** Called before weights are copied because they cannot be linked. */
  onCopy?: (message: string) => void;
  /** Writes further files into the folder. */
  write?: (folder: string) => Promise<void>;
}

/**
 * Calls `use` with the path of a graph file in its own folder, and removes the folder afterwards.
 * The folder also holds `files` under their names.
 *
 * onnxruntime reads weights only from the graph's own folder and follows no symbolic links out of
 * it. So they are hard links, which cost no space. Where no folder lets them be linked, they are
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
    const path = join(folder.path, "graph.onnx");
    await saying(folder.path, async () => {
      await writeFile(path, graph);
      await options.write?.(folder.path);
    });
    return await use(path);
  } finally {
    await folder.remove();
  }
}

async function linkedFolder(
  files: ReadonlyMap<string, string>,
  options: GraphFolderOptions,
): Promise<GraphFolder> {
  const parents = options.folder === undefined
    ? [tmpdir(), cacheFolder()]
    : [options.folder];
  let reason = "";
  for (const parent of parents) {
    const folder = await makeGraphFolder(parent).catch(() => undefined);
    if (folder === undefined) continue;
    try {
      for (const [name, path] of files) {
        await link(await realpath(path), join(folder.path, name));
      }
      return folder;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      await folder.remove();
    }
  }
  return await copiedFolder(files, parents[0]!, { ...options, reason });
}

async function copiedFolder(
  files: ReadonlyMap<string, string>,
  parent: string,
  options: GraphFolderOptions & { reason: string },
): Promise<GraphFolder> {
  const { onCopy = (message) => console.warn(message), reason } = options;
  const folder = await saying(parent, () => makeGraphFolder(parent));
  onCopy(
    `Copying weights to ${folder.path}, since they cannot be linked there (${reason})`,
  );
  try {
    await saying(folder.path, async () => {
      for (const [name, path] of files) {
        await copyFile(path, join(folder.path, name));
      }
    });
    return folder;
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Turns what a file system refuses while graphs are written into one sentence. */
async function saying<R>(folder: string, write: () => Promise<R>): Promise<R> {
  try {
    return await write();
  } catch (cause) {
    const { code } = cause as { code?: string };
    const reasons: Readonly<Record<string, string>> = {
      ENOSPC: "the disk is full",
      EDQUOT: "the quota is used up",
      EROFS: "it can only be read",
      EACCES: "writing there is not permitted",
    };
    const reason = reasons[code ?? ""];
    if (reason === undefined) throw cause;
    throw new LocRefError(
      "file-invalid",
      `Graphs of the model cannot be written to "${folder}" (${reason}): set TMPDIR to a folder with space for them`,
      { cause },
    );
  }
}
