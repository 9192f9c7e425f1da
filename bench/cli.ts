/**
 * `deno task bench [NAME…] [--json] [--peers]`: measures the product, beside its peers where they
 * are set up.
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { numberFlag, UsageError } from "../cli/usage.ts";
import { compare, type Row } from "./compare.ts";
import { comparisons } from "./comparisons.ts";
import { describeMachine } from "./machine.ts";
import { python, root } from "./paths.ts";
import { formatTable } from "./table.ts";

/** One line for the list of commands. */
export const summary: string =
  "Measure speed and memory, beside other libraries";

/** What `bench --help` prints. */
export const help: string = `
Usage: deno task bench [NAME…] [OPTION…]

Measures time and memory. Of each comparison, the first contender and each other one run in turn;
medians, the fastest and slowest run, and the ratio to the first are printed as Markdown.

  NAME         a comparison: ${
  comparisons({ peers: true, threads: 1 }).map(({ name }) => name).join(", ")
} [all]
  --peers      run the other libraries too (deno task bench:setup brings them)
  --against T  only contenders with T in their name beside the first; may be repeated
  --rounds N   runs of each contender [each comparison's own]
  --threads N  threads of each contender [the number of cores]
  --json       print { machine, rows } as JSON
`;

/** Runs the command and answers its exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      against: { type: "string", multiple: true },
      rounds: { type: "string" },
      threads: { type: "string" },
    },
  });
  const rounds = numberFlag("rounds", values.rounds, { min: 1, integer: true });
  const threads = numberFlag("threads", values.threads, {
    min: 1,
    integer: true,
  }) ?? availableParallelism();
  process.chdir(root);
  if (values.peers && !existsSync(python)) {
    console.error("The peers are not there: run `deno task bench:setup`");
    return 1;
  }
  const all = comparisons({ peers: values.peers, threads });
  const unknown = positionals.find((name) =>
    !all.some((one) => one.name === name)
  );
  if (unknown !== undefined) {
    throw new UsageError(
      `Unknown comparison "${unknown}", known are ${
        all.map(({ name }) => name).join(", ")
      }`,
    );
  }
  const wanted = (name: string) =>
    values.against?.some((text) => name.includes(text)) ?? true;
  const chosen = all.filter(({ name }) =>
    positionals.length === 0 || positionals.includes(name)
  ).map((one) => ({
    ...one,
    contenders: one.contenders.filter(({ name }, i) => i === 0 || wanted(name)),
  }));
  const machine = await describeMachine();
  if (!values.json) console.log(`${machine}; ${threads} threads each\n`);
  const rows: Row[] = [];
  for (const one of chosen) {
    const onProgress = (text: string) => {
      if (process.stderr.isTTY) console.error(`${one.name}: ${text}`);
    };
    const own = await compare(one, { rounds, onProgress });
    rows.push(...own);
    if (!values.json) console.log(formatTable(one, own));
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, threads, rows }, null, 2));
  }
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

if (import.meta.main) {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    console.log(help.trim());
    Deno.exit(0);
  }
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    const misuse = error instanceof UsageError ||
      String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
    Deno.exit(misuse ? 2 : 1);
  }
}
