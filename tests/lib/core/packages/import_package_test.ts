import { assert, assertEquals } from "@std/assert";

const root = new URL("../../../../", import.meta.url);

/** Packages that are small, plain JavaScript, and used by every import of `mod.ts`. */
const usedAtOnce = ["fastest-levenshtein", "valibot"];

interface GraphModule {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
  }[];
}

async function deno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** Packages that Deno fetches before the first line of `entry` runs, types left out. */
async function packagesOf(entry: string): Promise<string[]> {
  const { modules, roots } = JSON.parse(
    await deno("info", "--json", entry),
  ) as { modules: GraphModule[]; roots: string[] };
  const known = new Map(modules.map((one) => [one.specifier, one]));
  const seen = new Set(roots);
  for (const specifier of seen) {
    for (const { code } of known.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined) seen.add(code.specifier);
    }
  }
  return [...seen].filter((one) => one.startsWith("npm:"))
    .map((one) => one.replace(/^npm:\/?(@?[^@]+)@.*/, "$1")).sort();
}

for (const entry of ["mod.ts", "cli.ts"]) {
  Deno.test(`${entry} fetches no package that is native or large before it is used`, async () => {
    const packages = await packagesOf(entry);
    assertEquals(packages.filter((name) => !usedAtOnce.includes(name)), []);
  });
}

// processor time, since other processes delay a clock: on a quiet machine the two are equal
Deno.test("importing mod.ts takes under 150 ms of one processor and needs no permission", async () => {
  const program = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(
      program,
      `import process from "node:process";
      const start = process.cpuUsage();
      await import("${new URL("mod.ts", root)}");
      const { user, system } = process.cpuUsage(start);
      console.log((user + system) / 1000);`,
    );
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const flags = ["--no-prompt", "--config", "deno.json"];
      times.push(Number(await deno("run", ...flags, program)));
    }
    const least = Math.min(...times);
    assert(least > 0 && least < 150, times.join(", "));
  } finally {
    await Deno.remove(program);
  }
});
