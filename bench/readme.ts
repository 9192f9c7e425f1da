import { readFile, writeFile } from "node:fs/promises";

/** Where the tables are kept. */
export const readmePath = "bench/README.md";

/**
 * `readme` with `text` between the comments `<!-- bench NAME -->` and `<!-- /bench NAME -->`.
 *
 * @throws {RangeError} if there is no such place.
 */
export function withTable(readme: string, name: string, text: string): string {
  const begin = `<!-- bench ${name} -->`, end = `<!-- /bench ${name} -->`;
  const from = readme.indexOf(begin), to = readme.indexOf(end);
  if (from < 0 || to < from) {
    throw new RangeError(`${readmePath} has no place for "${name}"`);
  }
  const head = readme.slice(0, from + begin.length);
  return `${head}\n\n${text.trim()}\n\n${readme.slice(to)}`;
}

/** Puts a table where the last one of its name was. */
export async function writeTable(name: string, text: string): Promise<void> {
  const readme = await readFile(readmePath, "utf8");
  await writeFile(readmePath, withTable(readme, name, text));
}
