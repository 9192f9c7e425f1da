/** A table in Markdown, its columns aligned as a formatter aligns them. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll("|", "\\|"))
  );
  const widths = head.map((_, i) =>
    Math.max(3, ...cells.map((row) => row[i]!.length))
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [first, ...rest] = cells;
  return [line(first!), rule, ...rest.map(line)].join("\n");
}
