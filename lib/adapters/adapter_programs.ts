/** Several adapters side by side: whose graph and programs have which name. */

import type { Base, NamedProgram } from "../bases/base.ts";
import type { AdapterGraph } from "../bases/hooks.ts";
import type { Size } from "../core/geometry.ts";
import type { Adapter } from "./adapter.ts";

/** The graphs of adapters; where several have one prefix, each has it with a number: `control.1`. */
export function graphsOf(
  adapters: readonly Adapter[],
  form: { captions: boolean },
): AdapterGraph[] {
  const prefixes = numbered(
    adapters.map((one) => one.graph(form).prefix),
  );
  return adapters.map((one, i) => ({
    ...one.graph(form),
    prefix: prefixes[i]!,
  }));
}

/** A program of an adapter, and whose it is. */
export interface AdapterProgram extends NamedProgram {
  /** Place of its adapter. */
  readonly owner: number;
  /** Its name among the programs of its adapter. */
  readonly ownName: string;
}

/** The programs of adapters; where several have one name, each has it with a number. */
export function programsOf(
  adapters: readonly Adapter[],
  base: Base,
  size: Size,
): AdapterProgram[] {
  const all = adapters.flatMap((one, owner) =>
    one.programs(base, size).map((program) => ({ owner, program }))
  );
  const names = numbered(all.map(({ program }) => program.name));
  return all.map(({ owner, program }, i) => ({
    ...program,
    owner,
    ownName: program.name,
    name: names[i]!,
    program: () => renamed(program, names[i]!),
  }));
}

function renamed({ name, program }: NamedProgram, own: string) {
  const made = program();
  return own === name
    ? made
    : { ...made, name: made.name + own.slice(name.length) };
}

/** Names that occur more than once, from the first on with a number behind. */
function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return names.filter((one) => one === name).length > 1
      ? `${name}.${count}`
      : name;
  });
}
