/**
 * The command line: `deno run -A cli.ts COMMAND …`, one module a command, loaded when it is asked
 * for.
 *
 * @module
 */

import { usageMessage } from "./lib/core/usage.ts";
import { commandLine, withCommandLines } from "./lib/core/command_line.ts";
import { refusedPermission } from "./lib/core/permissions.ts";
import { quote } from "./lib/core/quote.ts";
import { systemError } from "./lib/core/system_error.ts";
import { LocRefError } from "./lib/core/error.ts";

/** What a command's module exports. */
interface CommandModule {
  readonly help: string;
  /** Help of what `args` name, of a command that has commands of its own. */
  helpOf?(args: readonly string[]): Promise<string>;
  readonly main: (args: string[]) => Promise<number>;
}

/** A command, and its module once it is used. */
interface Command {
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/**
 * All commands. Modules are named in two parts, because Deno fetches the packages of every module
 * that a plain literal names before the first line runs.
 */
const commands: Readonly<Record<string, Command>> = {
  demo: {
    summary:
      "place three references that the pocket model never saw in one scene",
    load: () => import(`./cli${"/demo.ts"}`),
  },
  generate: {
    summary: "make a picture of a scene",
    load: () => import(`./cli${"/generate.ts"}`),
  },
  preview: {
    summary: "draw a scene's boxes, composite image and masks, without a model",
    load: () => import(`./cli${"/preview.ts"}`),
  },
  doctor: {
    summary:
      "say what a weight file, a model's folder or a repository is, and what is wrong with it",
    load: () => import(`./cli${"/doctor.ts"}`),
  },
  adapter: {
    summary:
      "make a LocRef adapter of an IP-Adapter, or publish an adapter on the hub",
    load: () => import(`./cli${"/adapter.ts"}`),
  },
  export: {
    summary:
      "write a model as ONNX graphs, with a page that runs them with onnxruntime-web",
    load: () => import(`./cli${"/export.ts"}`),
  },
  dataset: {
    summary: "build captioned training scenes from COCO or OpenImages",
    load: () => import(`./train${"/dataset/cli.ts"}`),
  },
  train: {
    summary: "train LocRef, or a stage of the pocket family",
    load: () => import(`./train${"/cli.ts"}`),
  },
  eval: {
    summary: "score detections and pictures, as in the paper",
    load: () => import(`./eval${"/cli.ts"}`),
  },
  "setup-tensorflow": {
    summary: "make TensorFlow run under Deno, for training",
    load: () => import(`./cli${"/setup_tensorflow/command.ts"}`),
  },
  ablation: {
    summary: "the paper's ablation in miniature, on held-out objects",
    load: () => import(`./eval${"/ablation/command.ts"}`),
  },
  pocket: {
    summary: "train the whole pocket family from nothing",
    load: () => import(`./train${"/pocket/cli.ts"}`),
  },
};

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) =>
    `  ${name.padEnd(width)}  ${summary}`
  );
  return [
    `Usage: ${commandLine("COMMAND")} [OPTION…]`,
    "",
    ...lines,
    "",
    "COMMAND --help tells more.",
  ].join("\n");
}

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
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(usage());
    return name === undefined ? 2 : 0;
  }
  const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (known === undefined) {
    console.error(
      `Unknown command ${quote(name)}, known are ${
        Object.keys(commands).join(", ")
      }`,
    );
    return 2;
  }
  try {
    const command = await known.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      const help = await command.helpOf?.(rest) ?? command.help;
      console.log(withCommandLines(help.trim()));
      return 0;
    }
    return await command.main(rest);
  } catch (error) {
    return report(error);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
