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

/** Words as a sentence lists them: `a, b and c`. @param word Stands before the last. @default {"and"} */
export function listed(parts: readonly string[], word = "and"): string {
  const before = parts.slice(0, -1).join(", ");
  return [before, ...parts.slice(-1)].filter((one) => one !== "")
    .join(` ${word} `);
}
