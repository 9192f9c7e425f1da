import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { keepsLinks } from "../../tools/test/link_packages.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** How a program of a project ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A project of somebody who uses LocRef, with a home of its own. */
export interface UserProject extends AsyncDisposable {
  readonly folder: string;
  /** Runs Deno in the project. */
  deno(...args: string[]): Promise<Ended>;
  /** Runs Deno in the project and fails where that fails. */
  succeed(...args: string[]): Promise<string>;
}

/**
 * Makes an empty project with the example pictures beside it. Only packages of npm are shared with
 * this checkout: they are what a registry would send.
 */
export async function makeProject(
  config: Record<string, unknown>,
  env: Readonly<Record<string, string>> = {},
): Promise<UserProject> {
  const base = await Deno.makeTempDir({ prefix: "locref-project-" });
  const folder = join(base, "project");
  const assets = join("examples", "assets");
  await cp(join(root, assets), join(folder, assets), { recursive: true });
  const file = join(folder, "deno.json");
  await Deno.writeTextFile(file, JSON.stringify(config));
  // the versions that this checkout has been given already
  const lock = join(root, "deno.lock");
  await Deno.copyFile(lock, join(folder, "deno.lock"));
  const homes = await makeHomes(base);
  const deno = (...args: string[]) => run(args, folder, { ...homes, ...env });
  return {
    folder,
    deno,
    async succeed(...args) {
      const { code, out, err } = await deno(...args);
      assert(code === 0, `${args.join(" ")} ended with ${code}:\n${out}${err}`);
      return out;
    },
    [Symbol.asyncDispose]: () => Deno.remove(base, { recursive: true }),
  };
}

async function makeHomes(base: string): Promise<Record<string, string>> {
  const homes = {
    DENO_DIR: join(base, "deno"),
    HOME: join(base, "home"),
    TMPDIR: join(base, "tmp"),
    XDG_CACHE_HOME: join(base, "cache"),
  };
  for (const path of Object.values(homes)) await Deno.mkdir(path);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
    cwd: root,
  }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.symlink(npmCache, join(homes.DENO_DIR, "npm"));
  return homes;
}

/** The environment of a process that sets its project's packages up, as with a user. */
export function userEnvironment(): Record<string, string> {
  const { [keepsLinks]: _, ...others } = Deno.env.toObject();
  return others;
}

async function run(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { ...userEnvironment(), ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** The permissions that the README says a picture needs. */
export const documentedPermissions: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-ffi",
  "--allow-net",
];

/** The program below "Ten lines" in the README. */
export async function tenLines(): Promise<string> {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const program = /## Ten lines\n\n```ts\n([^]*?)```/.exec(readme)?.[1];
  assert(program !== undefined, "README.md has no program below Ten lines");
  return program;
}

/** The same program with two steps. */
export async function shortTenLines(): Promise<string> {
  return (await tenLines()).replace("seed: 7", "seed: 7, steps: 2");
}
