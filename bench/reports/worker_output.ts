import { root } from "../paths.ts";

/** What a worker prints at its end; on several ranks what all of them print. */
export async function workerOutput(
  worker: string,
  args: readonly (string | number)[],
  { ranks = 1, env = {} }: {
    readonly ranks?: number;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  const [program, ...rest] = [
    ...(ranks > 1 ? ["mpirun", "-n", String(ranks)] : []),
    ...[Deno.execPath(), "run", "-A", "--no-check"],
    ...[`bench/workers/${worker}.ts`, ...args.map(String)],
  ];
  const { success, stdout } = await new Deno.Command(program!, {
    args: rest,
    ...{ cwd: root, env, stderr: "inherit" },
  }).output();
  if (!success) throw new Error(`${program} ${rest.join(" ")} failed`);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}
