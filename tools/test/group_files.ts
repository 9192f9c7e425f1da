/** Test files, found and split into groups that run in a process each. */

import { join } from "node:path";

/** Most files of a group: a process takes about half a second to start. */
const mostFiles = 16;

const isTest = /(^|[._])test\.([mc]?[jt]s|[jt]sx)$/;

/** Test files of paths in order: those of folders by name, files as named. */
export async function findTests(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const isFolder = await Deno.stat(path)
      .then((info) => info.isDirectory, () => false);
    found.push(...isFolder ? await testsIn(path) : [path]);
  }
  return [...new Set(found)];
}

async function testsIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found: string[] = [];
  for (const { name, isDirectory } of entries.sort(byName)) {
    const path = join(folder, name);
    if (!isDirectory) {
      if (isTest.test(name)) found.push(path);
    } else if (name !== "node_modules" && name !== ".git") {
      found.push(...await testsIn(path));
    }
  }
  return found;
}

function byName(a: Deno.DirEntry, b: Deno.DirEntry): number {
  return a.name < b.name ? -1 : 1;
}

/**
 * Groups of test files. Those that take long have a group each, in the order of `long`. Neighbouring
 * files follow in groups of about the same number, at least one for each process.
 */
export function groupFiles(
  files: readonly string[],
  processes: number,
  long: readonly string[] = [],
): string[][] {
  const first = long.filter((file) => files.includes(file));
  const rest = files.filter((file) => !first.includes(file));
  return [...first.map((file) => [file]), ...evenGroups(rest, processes)];
}

function evenGroups(files: readonly string[], processes: number): string[][] {
  const wanted = Math.max(processes, Math.ceil(files.length / mostFiles));
  const count = Math.min(files.length, wanted);
  return Array.from({ length: count }, (_, i) => {
    const at = (group: number) => Math.round(group * files.length / count);
    return files.slice(at(i), at(i + 1));
  });
}
