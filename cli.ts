/**
 * The command line: `deno run -A cli.ts COMMAND …`, one module a command, loaded when it is
 * used.
 *
 * @module
 */

import { commands } from "./cli/commands.ts";
import { findCommand, runFound } from "./lib/core/command/command.ts";
import { helpText } from "./lib/core/command/help.ts";
import { usageMessage } from "./lib/core/command/usage.ts";
import { refusedPermission } from "./lib/core/machine/permissions.ts";
import { systemError } from "./lib/core/machine/system_error.ts";
import { LocRefError } from "./lib/core/error.ts";

function report(thrown: unknown): number {
  const misuse = usageMessage(thrown);
  if (misuse !== undefined) {
    console.error(bounded(misuse));
    return 2;
  }
  const error = refusedPermission(thrown) ?? systemError(thrown) ?? thrown;
  const expected = error instanceof LocRefError ||
    error instanceof RangeError ||
    error instanceof TypeError || error instanceof SyntaxError ||
    error instanceof DOMException;
  console.error(expected ? bounded((error as Error).message) : error);
  if (expected && debugging()) console.error(error);
  return 1;
}

/** A message within bounds: what it repeats may be of any length. */
function bounded(message: string): string {
  return message.length <= 4000 ? message : `${message.slice(0, 3999)}…`;
}

/** Whether stacks are printed as well. */
function debugging(): boolean {
  const variable = "LOCREF_DEBUG";
  const asked = Deno.permissions.querySync({ name: "env", variable });
  return asked.state === "granted" && Boolean(Deno.env.get(variable));
}

/** Runs one command and returns its exit code: 0 ok, 1 failed, 2 bad usage. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const found = await findCommand(commands, args);
    const { command, path, rest } = found;
    const help = rest.includes("--help") || rest.includes("-h");
    const unknown = path === "" && !(rest[0] ?? "-").startsWith("-");
    if (rest.length === 0 && path === "" || help && !unknown) {
      console.log(helpText(path, command));
      return help ? 0 : 2;
    }
    return await runFound(found);
  } catch (error) {
    return report(error);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
