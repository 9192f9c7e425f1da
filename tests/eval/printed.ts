import { assertEquals } from "@std/assert";

/** Runs a command, which must end with 0, and returns what it printed. */
export async function printed(run: () => Promise<number>): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    assertEquals(await run(), 0);
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}
