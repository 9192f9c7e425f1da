/**
 * Starts tasks that need `@std/*`, on machines that reach JSR and on machines that do not.
 *
 *     deno run -A tools/launch.ts run FILE [ARGUMENT…]
 *     deno run -A tools/launch.ts check FILE…
 *     deno run -A tools/launch.ts test [FILE…]
 *     deno run -A tools/launch.ts ok
 *
 * It imports nothing itself. Where JSR does not answer, the program runs with an import map in
 * which `@std/assert` and `@std/path` are the shims of `tools/std`.
 */

const root = new URL("../", import.meta.url);
const jsrTimeout = 6_000;
const rememberYes = 24 * 3600_000;
const rememberNo = 600_000;

/** What `test` runs where no files are named: tests, and the examples in the documentation. */
const everything = [
  "--doc",
  "tests/",
  "README.md",
  "mod.ts",
  "lib/scene/",
  "lib/scene_data/",
  "lib/model/locref.ts",
];

/** How a subprocess ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
}

async function deno(
  args: readonly string[],
  options: { quiet?: boolean; limit?: number } = {},
): Promise<Ended> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdin: options.quiet ? "null" : "inherit",
    stdout: options.quiet ? "piped" : "inherit",
    stderr: options.quiet ? "null" : "inherit",
  });
  const child = command.spawn();
  const timer = options.limit === undefined
    ? undefined
    : setTimeout(() => child.kill("SIGKILL"), options.limit);
  const stop = () => {};
  Deno.addSignalListener("SIGINT", stop); // the child gets it too, and ends in its own way
  try {
    if (!options.quiet) return { code: (await child.status).code, stdout: "" };
    const { code, stdout } = await child.output();
    return { code, stdout: new TextDecoder().decode(stdout) };
  } finally {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", stop);
  }
}

async function readJson(path: URL): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(path));
}

async function writeAtomically(path: URL, text: string): Promise<void> {
  await Deno.mkdir(new URL(".", path), { recursive: true });
  const part = new URL(`${path.href}.${Deno.pid}.part`);
  await Deno.writeTextFile(part, text);
  await Deno.rename(part, path);
}

/** Whether JSR answers, from memory where it was asked lately. */
async function jsrAnswers(): Promise<boolean> {
  const memory = new URL(".cache/jsr.json", root);
  try {
    const { answers, at } = await readJson(memory);
    const age = Date.now() - Number(at);
    if (age >= 0 && age < (answers ? rememberYes : rememberNo)) {
      return answers === true;
    }
  } catch {
    // never asked, or the memory is damaged: ask
  }
  const config = await readJson(new URL("deno.json", root));
  const imports = config.imports as Record<string, string>;
  const wanted = Object.values(imports).filter((to) => to.startsWith("jsr:"));
  const { code } = await deno(["cache", "--quiet", "--no-config", ...wanted], {
    quiet: true,
    limit: jsrTimeout,
  });
  const answers = code === 0;
  await writeAtomically(memory, JSON.stringify({ answers, at: Date.now() }));
  return answers;
}

/** Arguments that make `@std/*` resolve: none where JSR answers. */
async function importArguments(): Promise<string[]> {
  if (await jsrAnswers()) return [];
  const config = await readJson(new URL("deno.json", root));
  const imports = { ...(config.imports as Record<string, string>) };
  for (const [name, to] of Object.entries(imports)) {
    if (!to.startsWith("jsr:@std/")) continue;
    imports[name] = new URL(`tools/std/${name.slice(5)}.ts`, root).href;
  }
  imports[String(config.name)] = new URL("mod.ts", root).href;
  const map = new URL(".cache/import_map.json", root);
  await writeAtomically(map, JSON.stringify({ imports }, null, 2));
  return ["--import-map", map.pathname];
}

/** Makes tfjs-node ready, so that the tests run on it too; a notice where that fails. */
async function setUpTensorflow(): Promise<void> {
  const program = new URL("cli.ts", root);
  const { code } = await run([program.pathname, "setup-tensorflow"]);
  if (code !== 0) {
    console.error(
      "setup:tensorflow failed, so the tests run without the tensorflow backend",
    );
  }
}

async function run(args: readonly string[]): Promise<Ended> {
  return await deno(["run", "-A", ...await importArguments(), ...args]);
}

/** Passed and failed tests of a JUnit report; one failed where the run broke off before it. */
async function readCounts(
  report: URL,
  code: number,
): Promise<{ passed: number; failed: number }> {
  const text = await Deno.readTextFile(report).catch(() => "");
  let passed = 0;
  let failed = 0;
  for (const [suite] of text.matchAll(/<testsuite [^>]*>/g)) {
    const number = (name: string) =>
      Number(suite.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0);
    const failures = number("failures") + number("errors");
    passed += number("tests") - failures - number("disabled");
    failed += failures;
  }
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

async function test(args: readonly string[]): Promise<number> {
  if (args.length === 0) await setUpTensorflow();
  const report = new URL(`.cache/junit-${Deno.pid}.xml`, root);
  const { code } = await deno([
    "test",
    "-A",
    ...await importArguments(),
    `--junit-path=${report.pathname}`,
    ...args,
    ...(args.every((arg) => arg.startsWith("-")) ? everything : []),
  ]);
  const { passed, failed } = await readCounts(report, code);
  await Deno.remove(report).catch(() => {});
  console.log(`${passed} passed, ${failed} failed`);
  return code;
}

/** Everything that a change must pass before it lands. */
async function ok(): Promise<number> {
  const map = await importArguments();
  const steps: [string, string[]][] = [
    ["fmt", ["fmt", "--check"]],
    ["lint", ["lint"]],
    ["check", ["check", ...map, "."]],
    ["doc", ["doc", ...map.slice(0, 2), "--lint", "mod.ts"]],
    ["publish", ["publish", "--dry-run", "--allow-dirty"]],
  ];
  const broken: string[] = [];
  for (const [name, args] of steps) {
    console.error(`ok: ${name}`);
    if ((await deno(args)).code !== 0) broken.push(name);
  }
  if (await test([]) !== 0) broken.push("test");
  if (broken.length > 0) console.error(`Not ok: ${broken.join(", ")}`);
  return broken.length === 0 ? 0 : 1;
}

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "run":
      return (await run(args)).code;
    case "check":
      return (await deno(["check", ...await importArguments(), ...args])).code;
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
