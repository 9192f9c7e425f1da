/**
 * Starts tasks that need `@std/*`, on machines that reach JSR and on machines that do not.
 *
 *     deno run -A tools/launch.ts run FILE [ARGUMENT…]
 *     deno run -A tools/launch.ts check FILE…
 *     deno run -A tools/launch.ts test [FILE…]
 *     deno run -A tools/launch.ts ok
 *
 * It imports nothing itself. Where JSR is out of reach, the program runs with an import map in
 * which `@std/assert` and `@std/path` are the shims of `tools/std`.
 */

const root = new URL("../", import.meta.url);
const jsrTimeout = 6_000;
const rememberYes = 24 * 3600_000;
const rememberNo = 600_000;

/** Entry points of the package. */
const documented = [
  "mod.ts",
  "cli.ts",
  "eval/mod.ts",
  "train/mod.ts",
  "train/dataset/mod.ts",
  "lib/extend/mod.ts",
  "lib/notebook/mod.ts",
];

/** Runs Deno in the project's folder and returns its exit code. */
async function deno(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdin: "inherit",
  }).spawn();
  const stop = () => {};
  Deno.addSignalListener("SIGINT", stop); // the child gets it too, and ends in its own way
  try {
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
  }
}

/** Whether JSR is within reach, from memory where that was found lately. */
async function jsrAnswers(wanted: readonly string[]): Promise<boolean> {
  const memory = new URL(".cache/jsr.json", root);
  try {
    const { answers, at } = JSON.parse(await Deno.readTextFile(memory));
    const age = Date.now() - at;
    if (age >= 0 && age < (answers ? rememberYes : rememberNo)) return answers;
  } catch {
    // never found, or the memory is damaged: request it
  }
  const answers = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", ...wanted],
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(jsrTimeout),
  }).output().then(({ success }) => success, () => false);
  await writeCache(memory, { answers, at: Date.now() });
  return answers;
}

/** Arguments that make `@std/*` resolve: none where JSR is within reach. */
async function importArguments(): Promise<string[]> {
  const config = await Deno.readTextFile(new URL("deno.json", root));
  const imports: Record<string, string> = JSON.parse(config).imports;
  const std = Object.keys(imports).filter((name) => name.startsWith("@std/"));
  if (await jsrAnswers(std.map((name) => imports[name]!))) return [];
  for (const name of std) {
    imports[name] = new URL(`tools/std/${name.slice(5)}.ts`, root).href;
  }
  for (const [name, path] of Object.entries(imports)) {
    if (name.startsWith("@locref/")) imports[name] = new URL(path, root).href;
  }
  const map = new URL(".cache/import_map.json", root);
  await writeCache(map, { imports });
  return ["--import-map", map.pathname];
}

/** Writes a file whole, since launchers may run side by side. */
async function writeCache(path: URL, value: unknown): Promise<void> {
  await Deno.mkdir(new URL(".", path), { recursive: true });
  const part = new URL(`${path.href}.${Deno.pid}.part`);
  await Deno.writeTextFile(part, JSON.stringify(value, null, 2));
  await Deno.rename(part, path);
}

/** Makes tfjs-node ready, so that the tests run on it too; a notice where that fails. */
async function setUpTensorflow(): Promise<void> {
  if (await run(["cli.ts", "setup-tensorflow"]) !== 0) {
    console.error(
      "setup:tensorflow failed, so the tests run without the tensorflow backend",
    );
  }
}

async function run(args: readonly string[]): Promise<number> {
  return await deno(["run", "-A", ...await importArguments(), ...args]);
}

async function test(args: readonly string[]): Promise<number> {
  if (args.length === 0) await setUpTensorflow();
  const map = await importArguments();
  return await deno(["run", "-A", "tools/test/cli.ts", ...map, "--", ...args]);
}

/** Everything that a change must pass before it lands. */
async function ok(): Promise<number> {
  const map = await importArguments();
  const steps: [string, string[]][] = [
    ["fmt", ["fmt", "--check"]],
    ["lint", ["lint"]],
    ["check", ["check", ...map, "."]],
    ["doc", ["doc", ...map.slice(0, 2), "--lint", ...documented]],
    ["publish", ["publish", "--dry-run", "--allow-dirty"]],
  ];
  const broken: string[] = [];
  for (const [name, args] of steps) {
    console.error(`ok: ${name}`);
    if (await deno(args) !== 0) broken.push(name);
  }
  if (await test([]) !== 0) broken.push("test");
  if (broken.length > 0) console.error(`Not ok: ${broken.join(", ")}`);
  return broken.length === 0 ? 0 : 1;
}

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "run":
      return await run(args);
    case "check":
      return await deno(["check", ...await importArguments(), ...args]);
    case "test":
      return await test(args);
    case "ok":
      return await ok();
    default:
      console.error(
        "Usage: launch.ts run FILE | check FILE | test [FILE] | ok",
      );
      return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
