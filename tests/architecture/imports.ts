import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, relative } from "@std/path";

/** Root of the checkout. */
export const root: string = fromFileUrl(new URL("../../", import.meta.url));

/** One file that imports or loads another, by their paths from the root. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Folders that hold the sources of the package. */
const sourceFolders = ["lib", "train", "eval", "cli"] as const;

/** Every source of the package. */
export async function packageSources(): Promise<string[]> {
  const found = ["mod.ts", "cli.ts"];
  for (const folder of sourceFolders) {
    for await (const path of filesIn(folder)) {
      if (path.endsWith(".ts")) found.push(path);
    }
  }
  return found.sort();
}

/** Files below a folder of the checkout, by their paths from the root. */
export async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** Imports among files of the checkout: those that Deno knows, types included, and late ones. */
export async function readImports(
  sources: readonly string[],
): Promise<Import[]> {
  const found = await knownImports(sources);
  for (const from of sources) found.push(...await lateImports(from, sources));
  return found;
}

/** Imports that `deno info` lists for a module that imports every source. */
async function knownImports(sources: readonly string[]): Promise<Import[]> {
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = sources.map((path) => `import "file://${join(root, path)}";`);
    await Deno.writeTextFile(all, lines.join("\n"));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", ...await importMap(), all],
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    return (modules as Module[]).flatMap(importsOf);
  } finally {
    await Deno.remove(all);
  }
}

/** A module as `deno info --json` lists it. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

function importsOf({ specifier, dependencies = [] }: Module): Import[] {
  const from = pathOf(specifier);
  if (from === undefined) return [];
  return dependencies
    .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
    .map((to) => pathOf(to))
    .filter((to) => to !== undefined)
    .map((to) => ({ from, to }));
}

/** Path of a file of the checkout; nothing for packages and for files elsewhere. */
function pathOf(url: string | undefined): string | undefined {
  if (!url?.startsWith("file:") || url.includes("/node_modules/")) return;
  const path = relative(root, fromFileUrl(url)).replaceAll("\\", "/");
  return path.startsWith("../") ? undefined : path;
}

/** The launcher's import map, on machines that do not reach JSR. */
async function importMap(): Promise<string[]> {
  const config = ["--config", join(root, "deno.json")];
  const map = join(root, ".cache/import_map.json");
  return await Deno.stat(map).then(
    () => [...config, "--import-map", map],
    () => config,
  );
}

/**
 * Modules that a source loads without a plain import, so that Deno does not fetch them before they
 * are used: names in two parts, names with a variable, and programs of threads and subprocesses.
 */
async function lateImports(
  from: string,
  sources: readonly string[],
): Promise<Import[]> {
  const text = await Deno.readTextFile(join(root, from));
  const names = [
    ...text.matchAll(/import\(\s*`([^`]+)`/g),
    ...text.matchAll(/new URL\(\s*"([^"]+\.ts)",\s*import\.meta\.url/g),
  ].map(([, name]) => name!.replaceAll(/\$\{"([^"]*)"\}/g, "$1"));
  return names.flatMap((name) => {
    const path = join(dirname(from), name).replaceAll("\\", "/");
    const [start, end] = path.split(/\$\{[^}]*\}/);
    return sources
      .filter((to) =>
        end === undefined
          ? to === path
          : to.startsWith(start!) && to.endsWith(end)
      )
      .map((to) => ({ from, to }));
  });
}

/** Files that can be reached from others along imports. */
export function reachedFrom(
  entries: readonly string[],
  imports: readonly Import[],
): Set<string> {
  const next = Map.groupBy(imports, ({ from }) => from);
  const reached = new Set(entries);
  for (const path of reached) {
    for (const { to } of next.get(path) ?? []) reached.add(to);
  }
  return reached;
}

/** Groups of files that import each other in a circle (Tarjan 1972). */
export function circles(imports: readonly Import[]): string[][] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const lower = (file: string, to: number) =>
    low.set(file, Math.min(low.get(file)!, to));
  const visit = (file: string) => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    open.push(file);
    for (const { to } of next.get(file) ?? []) {
      if (!order.has(to)) {
        visit(to);
        lower(file, low.get(to)!);
      } else if (open.includes(to)) lower(file, order.get(to)!);
    }
    if (low.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1) found.push(group.toSorted());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}
