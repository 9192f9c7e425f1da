import type { Base } from "./base.ts";

/** Folder or file of the weights that a base's program reads, in messages. */
export function filesOf(base: Base, program: string): string {
  const anySize = { size: { height: 8, width: 8 } };
  const { part } = base.programs(anySize).find(({ name }) => name === program)!;
  return base.parts.find(({ name }) => name === part)!.folder;
}
