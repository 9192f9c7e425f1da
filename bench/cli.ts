/**
 * `deno task bench [NAME…] [--json] [--peers]`: measures the product, beside its peers where they
 * are set up.
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { availableParallelism } from "node:os";
import { defineCommand } from "../lib/core/command/command.ts";
import {
  argument,
  repeated,
  text,
  toggle,
  whole,
} from "../lib/core/command/option.ts";
import { runProgram } from "../tools/run_program.ts";
import { UsageError } from "../lib/core/command/usage.ts";
import { compare, type Comparison } from "./compare.ts";
import { comparisons } from "./comparisons.ts";
import { type Contender, startContender } from "./contender.ts";
import type { BenchOptions } from "./contenders.ts";
import { keepPairs, type KeptPairs, noPairs } from "./kept_pairs.ts";
import { describeMachine } from "./machine.ts";
import { python, root } from "./paths.ts";
import { formatReport, type Report, type ReportOptions } from "./report.ts";
import { writeTable } from "./readme.ts";
import { reports } from "./reports.ts";
import { formatTable } from "./table.ts";

/** `deno task bench`. */
const command = defineCommand({
  about:
    `Measures time and memory. Of each comparison, the first contender and each other one run in
    turn; medians, the fastest and slowest run, and the ratio to the first are printed as Markdown.`,
  options: {
    names: repeated(argument("NAME", "what to measure", { otherwise: "all" })),
    peers: toggle(
      "run the other libraries too (`deno task bench:setup` brings them)",
    ),
    prepare: toggle(
      "measure nothing, write the files that are read and let the peers convert and compile",
    ),
    write: toggle("put each table into its place in bench/README.md too"),
    against: repeated(text(
      "T",
      "only contenders with T in their name beside the first; in gpu only lines with T",
    )),
    rounds: whole("runs of each contender", {
      ...{ min: 1, otherwise: "each comparison's own" },
    }),
    kept: text(
      "FILE",
      "keep each round of each pair of contenders in this JSON file, and measure only rounds that it lacks",
    ),
    threads: whole("threads of each contender", {
      ...{ min: 1, otherwise: "the number of cores" },
    }),
    tiny: toggle(
      "in gpu and sdxl: small models, as a proof that all of it runs",
    ),
    json: toggle("print { machine, rows }"),
  },
  notes: [...comparisons({ peers: true, threads: 1 }), ...reports]
    .map(({ name, summary }) => `${name}: ${summary}`).join("\n\n"),
  main: measure,
});

/** The options of the command, read. */
interface MeasureOptions {
  readonly names?: readonly string[];
  readonly threads?: number;
  readonly rounds?: number;
  readonly peers: boolean;
  readonly prepare: boolean;
  readonly write: boolean;
  readonly tiny: boolean;
  readonly json: boolean;
  readonly against?: readonly string[];
  readonly kept?: string;
}

async function measure(
  { names = [], threads = availableParallelism(), ...values }: MeasureOptions,
): Promise<number> {
  const { peers, json, prepare, against, write, rounds, tiny } = values;
  process.chdir(root);
  if (peers && !existsSync(python)) {
    console.error("The peers are not there: run `deno task bench:setup`");
    return 1;
  }
  const benches = chosen(names, { peers, threads, against, tiny });
  const machine = await describeMachine();
  if (!json) console.log(`${machine}; ${threads} threads each\n`);
  const kept = values.kept === undefined
    ? noPairs
    : await keepPairs(values.kept, machine.replace(/, load .* began/, ""));
  const rows: unknown[] = [];
  let anyFailed = false;
  for (const one of benches) {
    const onProgress = (text: string) => {
      const long = "run" in one && one.named; // may be cut off before its table
      if (process.stderr.isTTY || long) console.error(`${one.name}: ${text}`);
    };
    if (prepare) {
      await prepareBench(one, onProgress);
      continue;
    }
    const began = performance.now();
    const options = { peers, threads, rounds, tiny, against, onProgress };
    const { text, found } = await runBench(one, { ...options, kept })
      .catch((error: Error) => failed(one, error));
    const minutes = (performance.now() - began) / 60_000;
    if (!json) console.log(`${text}\n(${minutes.toFixed(1)} minutes)\n`);
    const shown = `${text}\n${machine}; ${threads} threads each`;
    const fails = found.some((row) => "failure" in row && row.failure);
    if (write && !fails) {
      await writeTable(one.name, shown).catch((e) => console.error(e.message));
    }
    rows.push(...found);
    anyFailed ||= fails;
  }
  if (json) console.log(JSON.stringify({ machine, threads, rows }, null, 2));
  return anyFailed ? 1 : 0;
}

/** The result of a bench that did not end. */
function failed({ name }: Bench, { message }: Error) {
  return {
    text: `**${name}** failed: ${message}\n`,
    found: [{ bench: name, failure: message }],
  };
}

type Bench = Comparison | Report;

/** The benches of the given names, or all; of comparisons the contenders that are wanted. */
function chosen(
  names: readonly string[],
  options: BenchOptions & { against?: readonly string[] },
): Bench[] {
  const all: Bench[] = [...comparisons(options), ...reports];
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(", ");
    throw new UsageError(`Unknown bench "${unknown}", known are ${known}`);
  }
  const wanted = ({ name }: Contender, i: number) =>
    i === 0 || (options.against?.some((text) => name.includes(text)) ?? true);
  const runs = (one: Bench) =>
    names.length === 0
      ? !("named" in one && one.named)
      : names.includes(one.name);
  return all.filter(runs)
    .map((one) =>
      "contenders" in one
        ? {
          ...one,
          contenders: one.contenders.filter(wanted),
          further: withOthers(one.further?.filter(wanted)),
        }
        : one
    );
}

/** No group at all where only the first of it was left. */
function withOthers(group: readonly Contender[] = []): readonly Contender[] {
  return group.length > 1 ? group : [];
}

/** Writes what the bench reads, and runs each contender once: peers convert and compile then. */
async function prepareBench(
  one: Bench,
  onProgress: (text: string) => void,
): Promise<void> {
  await one.prepare?.();
  if (!("contenders" in one)) return;
  for (const contender of one.contenders.filter(({ peer }) => peer)) {
    onProgress(contender.name);
    try {
      const running = await startContender(contender);
      await running.run();
      await running.stop();
    } catch (error) {
      console.error(`${one.name}: ${(error as Error).message}`);
    }
  }
}

async function runBench(
  one: Bench,
  options: ReportOptions & { kept: KeptPairs },
): Promise<{ text: string; found: readonly object[] }> {
  if ("contenders" in one) {
    const found = await compare(one, options);
    return { text: formatTable(one, found), found };
  }
  await one.prepare?.();
  const table = await one.run(options);
  return {
    text: formatReport(one, table),
    found: [{ bench: one.name, ...table }],
  };
}

if (import.meta.main) {
  Deno.exit(await runProgram("bench", command, Deno.args));
}
