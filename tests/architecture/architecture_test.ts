import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exportsOfTestsAlone } from "./exports.ts";
import { apart, floors } from "./floors.ts";
import {
  circles,
  filesIn,
  packageSources,
  reachedFrom,
  readImports,
  root,
} from "./imports.ts";

/** The most sources of one folder. */
const mostSources = 22;

const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
const entryPoints = Object.values<string>(config.exports)
  .map((path) => path.replace(/^\.\//, ""));
const sources = await packageSources();
const imports = await readImports(sources);

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function floorOf(path: string): number {
  return floors.findIndex((floor) => isBelow(path, floor.path));
}

/** Imports as lines of a message. */
function lines(found: typeof imports): string[] {
  return found.map(({ from, to }) => `${from} imports ${to}`).sort();
}

Deno.test("imports are found, those of types and late ones among them", () => {
  assert(imports.length > 1500, `${imports.length} imports`);
  const found = new Set(lines(imports));
  for (
    const line of [
      "cli/commands.ts imports cli/demo.ts",
      "train/loop/stages.ts imports train/locref/stage.ts",
      "train/dataset/build/worker_pool.ts imports train/dataset/build/worker.ts",
      "lib/core/packages/import_package.ts imports lib/core/packages/package_sharp.ts",
      "lib/ops/executor.ts imports lib/core/tensor.ts",
    ]
  ) assert(found.has(line), line);
});

Deno.test("every import points to the same floor or down", () => {
  const up = imports.filter(({ from, to }) =>
    floorOf(from) >= 0 && floorOf(from) < floorOf(to)
  );
  assertEquals(lines(up), []);
});

Deno.test("every source lies on a floor, and every floor holds a source", () => {
  assertEquals(sources.filter((path) => floorOf(path) < 0), []);
  const used = new Set(sources.map(floorOf));
  assertEquals(floors.filter((_, i) => !used.has(i)), []);
});

Deno.test("nothing below lib knows train or eval", () => {
  const wrong = imports.filter(({ from, to }) =>
    isBelow(from, "lib") && (isBelow(to, "train") || isBelow(to, "eval"))
  );
  assertEquals(lines(wrong), []);
});

Deno.test("folders that are kept apart do not import each other", () => {
  for (const { folders, never, because } of apart) {
    const wrong = imports.filter(({ from, to }) =>
      folders.some((one) => isBelow(from, one)) &&
      never.some((one) => isBelow(to, one))
    );
    assertEquals(lines(wrong), [], because);
    const named = [...folders, ...never];
    const lost = named.filter((one) => !sources.some((at) => isBelow(at, one)));
    assertEquals(lost, []);
  }
});

Deno.test("no files import each other in a circle, types included", () => {
  assertEquals(circles(imports), []);
});

Deno.test("a circle is found wherever it is entered", () => {
  const edges = ["ab", "bc", "cd", "db", "ae", "ef"]
    .map(([from, to]) => ({ from: from!, to: to! }));
  assertEquals(circles(edges), [["b", "c", "d"]]);
});

Deno.test("nothing that is published imports something that is not", () => {
  const left: string[] = config.publish.exclude;
  const isLeft = (path: string) => left.some((one) => isBelow(path, one));
  const wrong = imports
    .filter(({ from, to }) => !isLeft(from) && isLeft(to))
    // stands in for `@std` on machines that do not reach JSR
    .filter(({ to }) => !isBelow(to, "tools/std"));
  assertEquals(lines(wrong), []);
});

Deno.test("every source is reached from an entry point", () => {
  const reached = reachedFrom(entryPoints, imports);
  assertEquals(sources.filter((path) => !reached.has(path)), []);
});

Deno.test("nothing is exported for tests alone", async () => {
  const found = await exportsOfTestsAlone(sources);
  assertEquals(found.map(({ path, name }) => `${path}: ${name}`), []);
});

Deno.test("every test is named after a source, a folder or a document", async () => {
  const exists = (path: string) =>
    Deno.stat(join(root, path)).then(() => true, () => false);
  const lost: string[] = [];
  for await (const path of filesIn("tests")) {
    const name = /^tests\/(.+)_test\.ts$/.exec(path)?.[1];
    if (name === undefined || name.startsWith("architecture/")) continue;
    const found = ["", ".ts", ".md", ".json"].map((end) => exists(name + end));
    if (!(await Promise.all(found)).includes(true)) lost.push(path);
  }
  assertEquals(lost, []);
});

Deno.test(`a folder holds at most ${mostSources} sources`, () => {
  const counts = new Map<string, number>();
  for (const path of sources) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  assertEquals([...counts].filter(([, count]) => count > mostSources), []);
});

Deno.test("ARCHITECTURE.md lists the floors, highest first", async () => {
  const text = await Deno.readTextFile(join(root, "ARCHITECTURE.md"));
  const rows = [...text.matchAll(/^\| `([\w./]+?)\/?`\s*\| (.+?)\s*\|$/gm)]
    .map(([, path, holds]) => ({ path, holds }));
  const listed = rows.filter(({ path }) =>
    floors.some((floor) => floor.path === path)
  );
  assertEquals(listed, floors.toReversed());
});

Deno.test("every file and folder that ARCHITECTURE.md names exists", async () => {
  const text = await Deno.readTextFile(join(root, "ARCHITECTURE.md"));
  const named = [...text.matchAll(/`((?:lib|train|eval|cli|tests)\/[\w./]+)`/g)]
    .map(([, path]) => path!)
    .filter((path) => !path.includes("NAME"));
  const lost: string[] = [];
  for (const path of new Set(named)) {
    await Deno.stat(join(root, path)).catch(() => lost.push(path));
  }
  assert(named.length > 40, `only ${named.length} names`);
  assertEquals(lost, []);
});

Deno.test("tracked files take less than 60 MB in all", async () => {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z"],
    cwd: root,
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\0").filter(Boolean);
  let bytes = 0;
  for (const path of paths) {
    bytes +=
      (await Deno.lstat(join(root, path)).catch(() => ({ size: 0 }))).size;
  }
  assert(paths.length > 500 && bytes < 60e6, `${bytes} bytes`);
});
