/**
 * A count and what it counts, as a sentence has it: `1 reference`, `2 references`.
 *
 * @param many The word for any other count. @default {`one` with an s}
 */
export function counted(
  count: number,
  one: string,
  many: string = `${one}s`,
): string {
  return `${count} ${count === 1 ? one : many}`;
}
