/** How a command ended. */
export interface Ended {
  readonly code: number;
  /** The last lines of stdout and stderr together. */
  readonly tail: string;
}

/** Options of {@linkcode runCommand}. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end and keeps what it said.
 *
 * @throws {Deno.errors.NotFound} if there is no such program.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  return { code, tail: said.trim().split("\n").slice(-12).join("\n") };
}

/** Whether `program` can be started. */
export async function hasCommand(program: string): Promise<boolean> {
  try {
    await runCommand(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
}
