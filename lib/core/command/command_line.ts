import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Folder or address that this copy of LocRef was imported from. */
const root = new URL("../../../", import.meta.url);

const cliFile = new URL("cli.ts", root);

/** Commands whose task has another name. */
const taskNames: Readonly<Record<string, string>> = {
  "setup-cuda": "setup:cuda",
  "setup-tensorflow": "setup:tensorflow",
};

/**
 * The command line that runs a command of LocRef here: a task inside a checkout, a checkout's `cli.ts`
 * from outside, and the package's command line where LocRef is a package.
 */
export function commandLine(command: string): string {
  if (root.protocol !== "file:") {
    return `deno run -A jsr:@locref/locref/cli ${command}`;
  }
  if (!insideCheckout()) {
    return `deno run -A ${ownConfig()}${quoted(cliFile)} ${command}`;
  }
  return taskLine(command);
}

/** A command as the task that runs it in a checkout. */
export function taskLine(command: string): string {
  const [name = "", ...rest] = command.split(" ");
  return ["deno task", taskNames[name] ?? name, ...rest].join(" ");
}

/** A text with every `deno task NAME` as it is typed here. */
export function withCommandLines(text: string): string {
  return text.replaceAll(
    /\bdeno task ([\w:-]+)/g,
    (_, name: string) => commandLine(name.replace(":", "-")),
  );
}

function insideCheckout(): boolean {
  return allowed(() => `${process.cwd()}/` === fileURLToPath(root)) ?? true;
}

/** A project that imports a checkout has its packages where its own configuration says. */
function ownConfig(): string {
  const other = allowed(() =>
    Deno.mainModule !== cliFile.href && existsSync("deno.json")
  );
  return other ? "--config deno.json " : "";
}

/** The result of `ask`, or `undefined` if Deno denies the permission that it needs. */
function allowed<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function quoted(file: URL): string {
  const path = fileURLToPath(file);
  return /\s/.test(path) ? `"${path}"` : path;
}
