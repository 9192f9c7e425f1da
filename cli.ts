/**
 * The command line: `deno run -A cli.ts COMMAND …`, one module a command, loaded when it is asked
 * for.
 *
 * @module
 */

import { usageMessage } from "./cli/usage.ts";
import { LocRefError } from "./lib/error.ts";

/** What a command's module exports. */
interface Command {
  readonly summary: string;
  readonly help: string;
  /** Help of what `args` name, of a command that has commands of its own. */
  helpOf?(args: readonly string[]): Promise<string>;
  readonly main: (args: string[]) => Promise<number>;
}

const commands: Readonly<Record<string, string>> = {
  demo: "./cli/demo.ts",
  generate: "./cli/generate.ts",
  preview: "./cli/preview.ts",
  golden: "./cli/golden.ts",
  doctor: "./cli/doctor.ts",
  adapter: "./cli/adapter.ts",
  export: "./cli/export.ts",
  dataset: "./train/dataset/cli.ts",
  train: "./train/cli.ts",
  eval: "./eval/cli.ts",
  ablation: "./train/pocket/ablation.ts",
  pocket: "./train/pocket/cli.ts",
};

async function loadCommand(path: string): Promise<Command> {
  // not a literal, so that no command's imports are resolved before it is asked for
  return await import(new URL(path, import.meta.url).href);
}

async function usage(): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, path]) => {
      const summary = await loadCommand(path).then(
        (command) => command.summary,
        () => "(not available here)",
      );
      return `  ${name.padEnd(width)}  ${summary}`;
    }),
  );
  return [
    "Usage: deno task COMMAND [OPTION…], or deno run -A cli.ts COMMAND [OPTION…]",
    "",
    ...lines,
    "",
    "COMMAND --help tells more.",
  ].join("\n");
}

function report(error: unknown): number {
  const misuse = usageMessage(error);
  if (misuse !== undefined) {
    console.error(misuse);
    return 2;
  }
  const expected = error instanceof LocRefError ||
    error instanceof RangeError ||
    error instanceof TypeError || error instanceof SyntaxError ||
    error instanceof DOMException;
  console.error(expected ? (error as Error).message : error);
  if (expected && Deno.env.get("LOCREF_DEBUG")) console.error(error);
  return 1;
}

/** Runs one command and returns its exit code: 0 ok, 1 failed, 2 bad usage. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(await usage());
    return name === undefined ? 2 : 0;
  }
  const path = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (path === undefined) {
    console.error(
      `Unknown command "${name}", known are ${
        Object.keys(commands).join(", ")
      }`,
    );
    return 2;
  }
  try {
    const command = await loadCommand(path);
    if (rest.includes("--help") || rest.includes("-h")) {
      const help = await command.helpOf?.(rest) ?? command.help;
      console.log(help.trim());
      return 0;
    }
    return await command.main(rest);
  } catch (error) {
    return report(error);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
