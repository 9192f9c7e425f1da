import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cp } from "node:fs/promises";
import { userEnvironment } from "../published/user_project.ts";

const root = new URL("../../", import.meta.url);

/** What the command line needs of a clone. */
const clone = [
  "cli.ts",
  "mod.ts",
  "deno.json",
  "deno.lock",
  "cli",
  "eval",
  "examples",
  "lib",
  "models",
  "train",
];

/** One file each, wherever it is imported. */
const small = ["fastest-levenshtein"];

/** What an installation holds once a command has run in it. */
interface Installed {
  readonly code: number;
  readonly err: string;
  /** Packages that an import names. */
  readonly packages: string[];
  readonly bytes: number;
}

/** Runs a command in a clone that has no packages yet; they come from Deno's cache or from npm. */
async function firstRun(...args: string[]): Promise<Installed> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of clone) {
      await cp(new URL(name, root), join(folder, name), { recursive: true });
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "cli.ts", ...args],
      cwd: folder,
      clearEnv: true,
      env: userEnvironment(),
      stdout: "null",
      stderr: "piped",
    }).output();
    const packages = join(folder, "node_modules");
    return {
      code,
      err: new TextDecoder().decode(stderr),
      packages: await namesIn(packages),
      bytes: await bytesIn(join(packages, ".deno")),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith(".") || small.includes(name)) continue;
    if (!name.startsWith("@")) names.push(name);
    else {
      const inner = await namesIn(join(folder, name));
      names.push(...inner.map((one) => `${name}/${one}`));
    }
  }
  return names.sort();
}

/** Size of a folder's files, links not followed. */
async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) sum += await bytesIn(path);
    else if (entry.isFile) sum += (await Deno.stat(path)).size;
  }
  return sum;
}

Deno.test("the demo installs what it imports alone, under 350 MB, and no build script is asked about", async () => {
  const { code, err, packages, bytes } = await firstRun("demo", "--steps=1");
  assertEquals(code, 0, err);
  assertEquals(packages, [
    "@bufbuild/protobuf",
    "@huggingface/tokenizers",
    "onnxruntime-node",
    "sharp",
    "valibot",
  ]);
  assert(!err.includes("build scripts"), err);
  assert(bytes < 350e6, `${bytes} bytes`);
});

Deno.test("a preview installs no runtime of models", async () => {
  const scene = "examples/scenes/two.json";
  const { code, err, packages } = await firstRun("preview", scene);
  assertEquals(code, 0, err);
  assertEquals(packages, ["sharp", "valibot"]);
});
