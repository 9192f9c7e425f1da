/** Commands as data: what they take, and what runs them. */

import { suggestion } from "../known_keys.ts";
import { quote } from "../quote.ts";
import { UsageError } from "./usage.ts";
import type { Options, Values } from "./option.ts";
import { readOptions } from "./read_options.ts";

/** Text and table of a command, out of which help, checks and documentation are made. */
export interface Described {
  /** Paragraphs on what it does, with blank lines between. */
  readonly about: string;
  /** All that it takes, in the order of its help. */
  readonly options: Options;
  /** Forms of the command line behind the name. @default {one, made of the table} */
  readonly usage?: readonly string[];
  /** Headings, each before the option that it names. */
  readonly headings?: Readonly<Record<string, string>>;
  /** Paragraphs that follow the options. */
  readonly notes?: string;
}

/** A command that can be run. */
export interface Command extends Described {
  /** Runs the command and returns its exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** A command's module. */
export interface CommandModule {
  readonly command: Command | Group;
}

/** Commands below a name, loaded when used. */
export interface Group {
  /** Paragraphs on what they are for. */
  readonly about?: string;
  readonly commands: Readonly<
    Record<
      string,
      {
        /** One line for lists. */
        readonly summary: string;
        readonly load: () => Promise<CommandModule> | CommandModule;
      }
    >
  >;
}

/** A command of its text, its table, and `main`, which receives the values of the table. */
export function defineCommand<O extends Options>(
  { main, ...described }: Described & {
    readonly options: O;
    readonly headings?: { readonly [K in keyof O]?: string };
    readonly main: (values: Values<O>) => Promise<number>;
  },
): Command {
  return {
    ...described,
    run: async (args) => await main(readOptions(described.options, args)),
  };
}

/** Where words of a command line lead to. */
export interface Found {
  readonly command: Command | Group;
  /** The words that led there. */
  readonly path: string;
  /** The words behind them. */
  readonly rest: readonly string[];
}

/** Follows words through groups, as far as they name commands. */
export async function findCommand(
  root: Command | Group,
  args: readonly string[],
): Promise<Found> {
  let command = root;
  for (const [i, word] of args.entries()) {
    const known = "commands" in command ? command.commands : {};
    if (!Object.hasOwn(known, word)) {
      return { command, path: args.slice(0, i).join(" "), rest: args.slice(i) };
    }
    command = (await known[word]!.load()).command;
  }
  return { command, path: args.join(" "), rest: [] };
}

/**
 * Runs the command that was found.
 *
 * @throws {UsageError} if the words name none, or its options are wrong.
 */
export async function runFound(
  { command, path, rest }: Found,
): Promise<number> {
  if (!("commands" in command)) return await command.run(rest);
  const [word] = rest;
  const known = Object.keys(command.commands);
  throw new UsageError(
    word === undefined
      ? `One of ${known.join(", ")} is expected after ${path}, got nothing`
      : `Unknown command ${quote(`${path} ${word}`.trim())}${
        suggestion(word, known)
      }`,
  );
}
