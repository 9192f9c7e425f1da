import { dirname, join } from "node:path";
import { runCommand } from "./run_command.ts";

const program = new URL("./try_binding.ts", import.meta.url);

/** Output of a binding that works. */
export interface BindingReport {
  readonly version: string;
  readonly device: "cpu" | "gpu";
}

/** Loads the binding in a process of its own and computes with it; returns the reason if it fails. */
export async function checkBinding(
  gpu: boolean,
): Promise<BindingReport | string> {
  const { code, tail } = await runCommand(
    Deno.execPath(),
    [
      ...["run", "-A", "--no-check", ...await projectFlags()],
      ...[program.href, ...(gpu ? ["--gpu"] : [])],
    ],
    { env: { TF_CPP_MIN_LOG_LEVEL: "2" } },
  );
  const line = tail.split("\n").find((line) => line.startsWith('{"version"'));
  if (code === 0 && line !== undefined) return JSON.parse(line);
  const reason = tail.split("\n").find((line) => /error/i.test(line)) ?? tail;
  return reason.trim() || `it ended with ${code}`;
}

/** Deno looks for the project of a program on the disk, not for that of one from the network. */
async function projectFlags(): Promise<string[]> {
  if (program.protocol === "file:") return [];
  const files = ["deno.json", "deno.jsonc", "package.json"];
  for (let folder = Deno.cwd();; folder = dirname(folder)) {
    for (const name of files) {
      const file = join(folder, name);
      if (!await Deno.stat(file).catch(() => undefined)) continue;
      return name === "package.json"
        ? ["--node-modules-dir=manual"]
        : ["--config", file];
    }
    if (folder === dirname(folder)) return [];
  }
}
