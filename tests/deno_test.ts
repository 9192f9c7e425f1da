import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import {
  type LoopbackRegistry,
  publishToLoopback,
} from "./published/loopback_registry.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

/** The most that JSR takes, in bytes. */
const mostBytes = 20 * 1024 * 1024;

/** Holds a web page as text, which imports its runtime from a content network. */
const exportedPage = "lib/export/export_page.ts";

let registry: LoopbackRegistry;
Deno.test.beforeAll(async () => {
  registry = await publishToLoopback();
});
Deno.test.afterAll(async () => await registry[Symbol.asyncDispose]());

Deno.test("publishing has nothing to warn of", () => {
  assert(!/warning|error/i.test(registry.said), registry.said);
});

Deno.test("what is published is what neither git ignores nor deno.json excludes", async () => {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: root,
  }).output();
  const known = new TextDecoder().decode(stdout).split("\0").filter(Boolean);
  const config = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const excluded: string[] = [
    ".gitignore",
    ...config.exclude,
    ...config.publish.exclude,
  ];
  const expected = known.filter((path) =>
    !excluded.some((one) => path === one || path.startsWith(`${one}/`))
  );
  const published = [...registry.files.keys()].filter((path) =>
    path !== ".git"
  );
  assertEquals(published.sort(), expected.sort());
});

Deno.test("the package is no larger than JSR takes", () => {
  const bytes = registry.files.values().reduce(
    (sum, file) => sum + file.length,
    0,
  );
  assert(bytes < mostBytes, `${bytes} bytes of at most ${mostBytes}`);
});

/** Pages of the package, without those that are a model's own. */
const isPage = (path: string) =>
  path.endsWith(".md") && !path.includes("/pocket/");

Deno.test("links of published pages lead to what is published", () => {
  const paths = [...registry.files.keys()];
  const dead: string[] = [];
  let count = 0;
  for (const page of paths.filter(isPage)) {
    const text = new TextDecoder().decode(registry.files.get(page));
    // where a picture is not packed, its words stand for it
    for (
      const [, link] of text.matchAll(/(?<!!)\[[^\]]*\]\(([^)#]+)[^)]*\)/g)
    ) {
      if (/^https?:/.test(link!)) continue;
      count++;
      const to = join(dirname(page), link!);
      const leads = paths.some((path) =>
        path === to || path.startsWith(`${to}/`)
      );
      if (!leads) dead.push(`${page}: ${link}`);
    }
  }
  assert(count > 10);
  assertEquals(dead, []);
});

Deno.test("everything published imports what is published, Deno's own modules or a pinned package", () => {
  const wrong: string[] = [];
  let count = 0;
  for (const [path, bytes] of registry.files) {
    if (!path.endsWith(".ts")) continue;
    for (const specifier of importsOf(new TextDecoder().decode(bytes))) {
      count++;
      if (!isPublished(specifier, path)) wrong.push(`${path}: ${specifier}`);
    }
  }
  assert(count > 1000, `only ${count} imports were found`);
  assertEquals(wrong, []);
});

/** Specifiers of a module's imports, those in two parts put together. */
function importsOf(source: string): string[] {
  const code = source
    .replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "")
    .replaceAll(/`(\.[^`$]*)\$\{"([^"]*)"\}`/g, '"$1$2"');
  const pattern =
    /(?:^import|^\s*import\(|^\} from|^(?:im|ex)port [^"'`;=]* from|[^.\w]import\(|import\.meta\.resolve\()\s*"([^"]+)"/gm;
  return [...code.matchAll(pattern)].map(([, specifier]) => specifier!);
}

function isPublished(specifier: string, from: string): boolean {
  if (specifier.startsWith("node:")) return true;
  if (specifier.startsWith("npm:")) {
    return /.@\d+\.\d+\.\d+(\/|$)/.test(specifier);
  }
  if (from === exportedPage && /@\d+\.\d+\.\d+\//.test(specifier)) return true;
  if (!specifier.startsWith(".")) return false;
  const { pathname } = new URL(specifier, `file:///${from}`);
  return registry.files.has(pathname.slice(1));
}
