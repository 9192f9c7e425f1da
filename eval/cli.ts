/** `deno task eval`. */

import { UsageError, wordMessage } from "../lib/core/usage.ts";

/** The command's help. */
export const help: string = `
Usage: deno task eval coco --gt FILE --dt FILE [--type bbox|segm] [--json]
       deno task eval run --scenes SCENES -o OUT [OPTION…]
       deno task eval export --format FORMAT --scenes SCENES -o DIR [OPTION…]
       deno task eval best-of [OPTION…]

  coco     COCO's twelve numbers of a results file
  run      pictures of many scenes, detected, compared, and reported
  export   scenes as other systems read them, so that their pictures can be scored
  best-of  what choosing among several pictures of a scene gains

deno task eval COMMAND --help says more.
`;

/** Commands below `eval`, loaded when used; named in two parts, as those of `cli.ts`. */
const commands: Readonly<Record<string, () => Promise<Subcommand>>> = {
  coco: () => import(`./coco${"/coco_command.ts"}`),
  run: () => import(`./run${"/command.ts"}`),
  export: () => import(`./export${"/command.ts"}`),
  "best-of": () => import(`./best_of${"_command.ts"}`),
};

/** A command below `eval`. */
interface Subcommand {
  readonly help: string;
  main(args: string[]): Promise<number>;
}

/** Help of the command that `args` begin with, else that of `eval`. */
export async function helpOf(args: readonly string[]): Promise<string> {
  return (await subcommand(args[0]))?.help ?? help;
}

/** Runs the command and returns its exit code. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  const command = await subcommand(name);
  if (command !== undefined) return await command.main(rest);
  throw new UsageError(wordMessage("eval", name, Object.keys(commands)));
}

async function subcommand(
  name: string | undefined,
): Promise<Subcommand | undefined> {
  if (name === undefined || !Object.hasOwn(commands, name)) return undefined;
  return await commands[name]!();
}
