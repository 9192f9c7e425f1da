import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { removeLeftovers } from "./remove_leftovers.ts";
import { runCommand } from "./run_command.ts";

/** How long the package's own download may take to begin, and to end. */
const beginWithin = 15_000;
const endWithin = 600_000;

/**
 * Runs the install script of the tfjs-node package in `folder`, which downloads libtensorflow 2.9
 * and a ready binding. Returns the reason if it fails.
 *
 * It runs on a copy beside the package, since it rewrites files that the clones of a machine share.
 * Only the files that it made are moved into the package.
 */
export async function ownInstall(
  folder: string,
  gpu: boolean,
): Promise<string | undefined> {
  const copy = `${folder}.${Deno.pid}.part`;
  await removeLeftovers(dirname(folder), basename(folder));
  try {
    await copyFolder(folder, copy);
    const tools = await helperPrograms(folder, copy);
    const begun = new AbortController();
    const timer = setTimeout(async () => {
      if (!await holdsFiles(join(copy, "deps"))) begun.abort();
    }, beginWithin);
    const signal = AbortSignal.any([
      begun.signal,
      AbortSignal.timeout(endWithin),
    ]);
    const { code, tail } = await runCommand(
      "node",
      ["scripts/install.js", gpu ? "gpu" : "cpu", "download"],
      {
        cwd: copy,
        env: { PATH: `${tools}:${Deno.env.get("PATH") ?? ""}` },
        signal,
      },
    ).finally(() => clearTimeout(timer));
    const binding = join(copy, "lib", "napi-v8", "tfjs_binding.node");
    if (code !== 0 || !await holdsFiles(join(copy, "deps", "lib"))) {
      return reasonOf(tail);
    }
    if (!await Deno.stat(binding).catch(() => undefined)) {
      return "it made no binding";
    }
    for (const part of ["deps", "lib"]) {
      await Deno.remove(join(folder, part), { recursive: true }).catch(
        () => {},
      );
      await Deno.rename(join(copy, part), join(folder, part));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Deno.remove(copy, { recursive: true }).catch(() => {});
  }
}

function reasonOf(tail: string): string {
  const line = tail.split("\n").find((line) =>
    /^\s*(\w*Error\b|error)/.test(line)
  );
  return line?.trim() ?? "its download is out of reach";
}

/** The script calls `node-pre-gyp` by name. */
async function helperPrograms(folder: string, copy: string): Promise<string> {
  const tools = join(copy, "tools");
  await Deno.mkdir(tools);
  const require = createRequire(join(folder, "package.json"));
  const helper = require.resolve("@mapbox/node-pre-gyp/package.json");
  const program = join(dirname(helper), "bin", "node-pre-gyp");
  await Deno.symlink(await Deno.realPath(program), join(tools, "node-pre-gyp"));
  return tools;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === "deps" || name === "lib" || name === "node_modules") continue;
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

async function holdsFiles(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return true;
  } catch {
    // not made yet
  }
  return false;
}
