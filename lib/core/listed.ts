/** Words as a sentence lists them: `a, b and c`. @param word Stands before the last. @default {"and"} */
export function listed(parts: readonly string[], word = "and"): string {
  const before = parts.slice(0, -1).join(", ");
  return [before, ...parts.slice(-1)].filter((one) => one !== "")
    .join(` ${word} `);
}
