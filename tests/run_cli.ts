import { fromFileUrl } from "@std/path";
import { main } from "../cli.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

/** What a command printed, without blanks around it, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in a process of its own, as a shell does. */
export async function shell(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "cli.ts", ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

/** Runs a command in this process, which is several times as fast. */
export async function cli(...args: string[]): Promise<Printed> {
  return await cliIn({}, ...args);
}

/** Runs a command in this process, in another folder and with other variables of the environment. */
export async function cliIn(
  { folder = root, env = {} }: {
    readonly folder?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
  ...args: string[]
): Promise<Printed> {
  const { log, error, warn } = console;
  const { writeSync } = Deno.stderr;
  const before = Deno.cwd();
  const kept = Object.keys(env).map((name) => [name, Deno.env.get(name)]);
  let out = "", err = "";
  console.log = (...words) => out += `${words.join(" ")}\n`;
  console.error = console.warn = (...words) => err += `${words.join(" ")}\n`;
  Deno.stderr.writeSync = (bytes) => {
    err += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  Deno.chdir(folder);
  try {
    const code = await main(args);
    return { code, out: out.trim(), err: err.trim() };
  } finally {
    Deno.chdir(before);
    for (const [name, value] of kept) {
      if (value === undefined) Deno.env.delete(name!);
      else Deno.env.set(name!, value);
    }
    Object.assign(console, { log, error, warn });
    Deno.stderr.writeSync = writeSync;
  }
}
