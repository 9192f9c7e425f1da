import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const root = fromFileUrl(new URL("../../../../", import.meta.url));
const module = (path: string) => JSON.stringify(`file://${join(root, path)}`);

/** Runs a graph of one node with onnxruntime. */
const program = `
import { importPackage } from ${module("lib/core/packages/import_package.ts")};
import { encodeOnnx } from ${module("lib/ops/onnx/proto.ts")};
const { InferenceSession, Tensor } = await importPackage("onnxruntime");
const value = { type: "F32", shape: [1] };
const session = await InferenceSession.create(await encodeOnnx({
  name: "one",
  nodes: [
    { type: "Neg", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} },
  ],
  initializers: [],
  inputs: [{ name: "x", ...value }],
  outputs: [{ name: "y", ...value }],
}));
const x = new Tensor("float32", Float32Array.of(1), [1]);
const { y } = await session.run({ x });
if (y.data[0] !== -1) throw new Error("onnxruntime computed something else");
await session.release();
`;

interface Traces {
  readonly code: number;
  readonly err: string;
  /** Files of telemetry that the program left behind. */
  readonly files: readonly string[];
  /** Lines of its system calls that name telemetry; none where there is no strace. */
  readonly calls: readonly string[];
}

/** Runs a program with a home and a temporary folder of its own. */
async function tracesOf(
  text: string,
  env: Record<string, string> = {},
  permissions: readonly string[] = ["-A"],
): Promise<Traces> {
  const home = await Deno.makeTempDir();
  try {
    const file = join(home, "program.ts");
    const log = join(home, "calls.log");
    await Deno.writeTextFile(file, text);
    await Deno.mkdir(join(home, "tmp"));
    const flags = [
      "--no-check",
      "--no-prompt",
      "--config",
      `${root}/deno.json`,
    ];
    const deno = [Deno.execPath(), "run", ...flags, ...permissions, file];
    const calls = ["-e", "trace=connect,sendto,sendmmsg,openat"];
    const traced = ["strace", "-f", "-qq", "-s", "90", ...calls, "-o", log];
    const [command, ...args] = await hasStrace() ? [...traced, ...deno] : deno;
    const denoDir = Deno.env.get("DENO_DIR") ??
      join(Deno.env.get("HOME") ?? "", ".cache", "deno");
    const { code, stderr } = await new Deno.Command(command!, {
      args,
      // other tests have set the variable in this process
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        DENO_DIR: denoDir,
        DENO_NO_UPDATE_CHECK: "1",
        HOME: home,
        TMPDIR: join(home, "tmp"),
        ...env,
      },
    }).output();
    const lines = (await Deno.readTextFile(log).catch(() => "")).split("\n");
    return {
      code,
      err: new TextDecoder().decode(stderr),
      files: (await namesBelow(home)).filter(isTelemetry),
      calls: lines.filter(isTelemetry),
    };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const isTelemetry = (text: string) => /microsoft|mat-debug/i.test(text);

async function hasStrace(): Promise<boolean> {
  try {
    return (await new Deno.Command("strace", { args: ["true"] }).output())
      .success;
  } catch {
    return false;
  }
}

async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    names.push(name);
    if (isDirectory) names.push(...await namesBelow(join(folder, name)));
  }
  return names;
}

Deno.test("onnxruntime leaves no telemetry and looks up no server", async () => {
  const { code, err, files, calls } = await tracesOf(program);
  assertEquals({ code, err, files, calls }, {
    code: 0,
    err: "",
    files: [],
    calls: [],
  });
});

Deno.test("onnxruntime in a thread leaves no telemetry", async () => {
  const thread = `data:text/javascript,${
    encodeURIComponent(`${program} self.postMessage("done");`)
  }`;
  const { code, files, calls } = await tracesOf(`
    const worker = new Worker(${JSON.stringify(thread)}, { type: "module" });
    worker.onmessage = () => worker.terminate();
  `);
  assertEquals({ code, files, calls }, { code: 0, files: [], calls: [] });
});

Deno.test("what the user says of onnxruntime's telemetry is left as it is", async () => {
  const { err } = await tracesOf(
    `${program} console.error(Deno.env.get("ORT_DISABLE_TELEMETRY"));`,
    { ORT_DISABLE_TELEMETRY: "true" },
  );
  assertEquals(err, "true\n");
});

Deno.test("without the permission to set the variable, one sentence says how to refuse telemetry", async () => {
  const { code, err } = await tracesOf(
    `import ${module("lib/core/packages/refuse_telemetry.ts")};`,
    {},
    ["--allow-read"],
  );
  assertEquals(code, 0);
  assertMatch(err, /^onnxruntime may send .*ORT_DISABLE_TELEMETRY=1\n$/);
});

Deno.test("onnxruntime is imported in one place, behind what refuses its telemetry", async () => {
  const importers: string[] = [];
  for (
    const folder of [
      "lib",
      "cli",
      "train",
      "eval",
      "examples",
      "notebooks",
      "bench",
      "tools",
      "tests",
    ]
  ) {
    for (const file of await sourcesBelow(join(root, folder))) {
      const text = await Deno.readTextFile(file);
      const imported =
        /^(?!\s*import type)[^\n]*(from|import\(?)\s*\\?"(npm:)?onnxruntime-node(?!\/package\.json)/m;
      if (imported.test(text)) importers.push(relative(root, file));
    }
  }
  assertEquals(importers, ["lib/core/packages/package_onnxruntime.ts"]);
});

async function sourcesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) files.push(...await sourcesBelow(path));
    else if (/\.(ts|ipynb)$/.test(name)) files.push(path);
  }
  return files;
}
