import { parseArgs } from "./parse_args.ts";
import { quote } from "../quote.ts";
import { UsageError } from "./usage.ts";
import { flagOf, type Option, type Options, type Values } from "./option.ts";

/**
 * The values of a command line, by the command's table.
 *
 * @throws {UsageError} naming the option and what is allowed.
 */
export function readOptions<O extends Options>(
  table: O,
  args: readonly string[],
): Values<O> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: Object.fromEntries(Object.entries(table).flatMap(parserOptions)),
  });
  const places = placed(table, positionals);
  const read = Object.entries(table).map(([name, one]) => {
    if (one.argument) return [name, valueOf(name, one, places[name])];
    const flag = flagOf(name).slice(2);
    const { former = flag } = one;
    if (flag !== former && flag in values && former in values) {
      throw new UsageError(`Options --${former} and --${flag} are the same`);
    }
    const typed = former in values ? former : flag;
    return [name, valueOf(typed, one, values[typed])];
  });
  return Object.fromEntries(read) as Values<O>;
}

/** An option as Node's `parseArgs` takes it, under each of its names. */
function parserOptions([name, one]: [string, Option<unknown>]) {
  const { argument, value, short, many = false, former } = one;
  if (argument) return [];
  const type = value === undefined ? "boolean" : "string";
  const own = { type, multiple: many, ...short && { short } } as const;
  const names = [flagOf(name).slice(2), ...former ? [former] : []];
  return names.map((flag, i) =>
    [flag, i === 0 ? own : { type, multiple: many } as const] as const
  );
}

function valueOf(
  name: string,
  one: Option<unknown>,
  given: string | boolean | readonly (string | boolean)[] | undefined,
): unknown {
  if (given === undefined) {
    if (one.needed) throw new UsageError(`${titleOf(name, one)} is missing`);
    return one.default;
  }
  const label = one.argument ? one.value! : `Option ${flagOf(name)}`;
  return one.read([given].flat().map(String), label);
}

function titleOf(name: string, { argument, value }: Option<unknown>): string {
  return argument ? `Argument ${value}` : `Option ${flagOf(name)} ${value}`;
}

/** Arguments by their names; one that may be repeated comes last and takes the rest. */
function placed(
  table: Options,
  given: readonly string[],
): Readonly<Record<string, string | string[] | undefined>> {
  const rest = [...given];
  const places: Record<string, string | string[] | undefined> = {};
  const known = Object.entries(table).filter(([, { argument }]) => argument);
  for (const [name, { many }] of known) {
    places[name] = many && rest.length > 0 ? rest.splice(0) : rest.shift();
  }
  if (rest.length === 0) return places;
  const names = known.map(([, { value }]) => value).join(" ");
  throw new UsageError(
    `Unexpected argument ${quote(rest[0])}${
      names === "" ? "" : `, the command takes ${names}`
    }`,
  );
}
