import { usageMessage } from "../lib/core/command/usage.ts";
import type { Command } from "../lib/core/command/command.ts";
import { helpText } from "../lib/core/command/help.ts";

/** Runs a command that is a program of its own and returns its exit code: 0, 1 or 2, as `cli.ts`. */
export async function runProgram(
  name: string,
  command: Command,
  args: readonly string[],
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpText(name, command));
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    const misuse = usageMessage(error);
    console.error(misuse ?? error);
    return misuse === undefined ? 1 : 2;
  }
}
