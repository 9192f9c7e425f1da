import process from "node:process";
import { fileURLToPath } from "node:url";

/** Folder or address that this copy of LocRef was imported from. */
const root = new URL("../../", import.meta.url);

/** Commands whose task has another name. */
const taskNames: Readonly<Record<string, string>> = {
  "setup-tensorflow": "setup:tensorflow",
};

/**
 * What to type to run a command of LocRef here: a task in a checkout, the package's command line
 * in any other project, which has no such tasks.
 */
export function commandLine(command: string): string {
  if (!insideCheckout()) return `deno run -A jsr:@locref/locref/cli ${command}`;
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
  if (root.protocol !== "file:") return false;
  try {
    return `${process.cwd()}/` === fileURLToPath(root);
  } catch {
    return true; // without the permission to know, the checkout's own words are the shorter ones
  }
}
