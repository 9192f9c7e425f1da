/** Runs commands of the command line one after the other: `run_commands.ts JSON`, a list of lists. */

import { main } from "../../cli.ts";

for (const args of JSON.parse(Deno.args[0]!) as string[][]) {
  const lines: string[] = [];
  const keep = (...values: unknown[]) => void lines.push(values.join(" "));
  const { log, error } = console;
  Object.assign(console, { log: keep, error: keep, warn: keep });
  const code = await main(args);
  Object.assign(console, { log, error });
  console.log(JSON.stringify({ code, text: lines.join("\n") }));
}
Deno.exit(0);
