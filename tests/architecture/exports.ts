import { dirname, join } from "@std/path";
import { filesIn, root } from "./imports.ts";

/** One name that a source exports. */
interface Exported {
  readonly path: string;
  readonly name: string;
}

const declared =
  /^export (?:async |abstract )*(?:const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm;
const named =
  /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"([^"]+\.ts)"/g;

/** Text of TypeScript without comments. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/[^\n]*/g, "");
}

async function readCode(
  paths: readonly string[],
): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(paths.map(async (path) =>
      [
        path,
        withoutComments(await Deno.readTextFile(join(root, path))),
      ] as const
    )),
  );
}

async function codeBelow(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map((one) => Array.fromAsync(filesIn(one))),
  );
  return found.flat().filter((path) => path.endsWith(".ts"));
}

/** `PATH#NAME` of everything that files import or pass on by name. */
function importedBy(code: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>();
  for (const [from, text] of code) {
    for (const [, names, target] of text.matchAll(named)) {
      const path = join(dirname(from), target!).replaceAll("\\", "/");
      for (const one of names!.split(",")) {
        const name = one.trim().replace(/^type /, "").split(/\s+as\s+/)[0]!;
        if (name !== "") found.add(`${path}#${name}`);
      }
    }
  }
  return found;
}

/** Files that are read whole: by `import *`, or late. */
function wordsOfLateImports(code: ReadonlyMap<string, string>): Set<string> {
  const late = [...code.values()].filter((text) =>
    /import\(|import \*|export \*/.test(text)
  );
  return new Set(late.flatMap((text) => text.match(/[\w$]+/g) ?? []));
}

/** Exports of sources that tests import and no program does, and that their own file does not use. */
export async function exportsOfTestsAlone(
  sources: readonly string[],
): Promise<Exported[]> {
  const own = await readCode(sources);
  const others = await codeBelow(["tools", "bench", "examples"]);
  const programs = new Map([...own, ...await readCode(others)]);
  const tests = importedBy(await readCode(await codeBelow(["tests"])));
  const used = importedBy(programs);
  const late = wordsOfLateImports(programs);
  return [...own].flatMap(([path, text]) =>
    [...text.matchAll(declared)].map(([, name]) => ({ path, name: name! }))
      .filter(({ name }) =>
        tests.has(`${path}#${name}`) && !used.has(`${path}#${name}`) &&
        !late.has(name) && text.split(new RegExp(`\\b${name}\\b`)).length < 3
      )
  );
}
