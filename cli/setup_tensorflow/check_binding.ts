import { runCommand } from "./run_command.ts";

/** What a binding that works says. */
export interface BindingReport {
  readonly version: string;
  readonly device: "cpu" | "gpu";
}

/** Loads the binding in a process of its own and computes with it; answers why not where it fails. */
export async function checkBinding(
  gpu: boolean,
): Promise<BindingReport | string> {
  const program = new URL("./try_binding.ts", import.meta.url).href;
  const { code, tail } = await runCommand(
    Deno.execPath(),
    ["run", "-A", "--no-check", program, ...(gpu ? ["--gpu"] : [])],
    { env: { TF_CPP_MIN_LOG_LEVEL: "2" } },
  );
  const line = tail.split("\n").find((line) => line.startsWith('{"version"'));
  if (code === 0 && line !== undefined) return JSON.parse(line);
  const reason = tail.split("\n").find((line) => /error/i.test(line)) ?? tail;
  return reason.trim() || `it ended with ${code}`;
}
