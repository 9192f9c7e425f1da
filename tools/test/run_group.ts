/** A group of test files in a process of its own, so that one crash takes only that group. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  addResults,
  noResults,
  readOutput,
  readReport,
  type Results,
} from "./results.ts";
import { root, runDeno } from "./run_deno.ts";

const guard = fileURLToPath(new URL("./guard_addons.ts", import.meta.url));

/** How a process of tests ended. */
export interface GroupEnd {
  readonly code: number;
  readonly results: Results;
  /** Signal or exit code that ended it before its report. */
  readonly died?: string;
  /** Files that were not finished then, the one that ran first. */
  readonly unfinished: readonly string[];
}

let reports = 0;

/** Runs test files one after another in one process. */
export async function runGroup(
  files: readonly string[],
  flags: readonly string[],
): Promise<GroupEnd> {
  const report = newReport();
  const { code, signal, output } = await runDeno([
    ...["test", "-A", "--preload", guard, `--junit-path=${report}`],
    ...flags,
    ...files,
  ]);
  const junit = await takeReport(report);
  const died = signal ?? (junit === undefined && code > 1 ? code : undefined);
  if (died === undefined) {
    const results = readReport(junit ?? "", { code, output });
    return { code, results, unfinished: [] };
  }
  return { code, ...untilDeath(files, output), died: String(died) };
}

/** Runs `deno test` in one process at the terminal, as its flags want it. */
export async function runSingle(args: readonly string[]): Promise<Results> {
  const report = args.some((arg) => arg.startsWith("--junit-path"))
    ? undefined
    : newReport();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--parallel", "--preload", guard],
      ...report ? [`--junit-path=${report}`] : [],
      ...args,
    ],
    cwd: root,
    stdin: "inherit",
  }).spawn();
  const { code } = await child.status;
  return readReport(report ? await takeReport(report) ?? "" : "", { code });
}

function newReport(): string {
  return resolve(root, `.cache/junit-${Deno.pid}-${reports++}.xml`);
}

async function takeReport(path: string): Promise<string | undefined> {
  const text = await Deno.readTextFile(path).catch(() => undefined);
  await Deno.remove(path).catch(() => {});
  return text;
}

/** Finished files with their results, and the others. */
export function untilDeath(
  files: readonly string[],
  output: string,
): Pick<GroupEnd, "results" | "unfinished"> {
  const listed = readOutput(output);
  const running = listed.pop();
  const own = (file: string) => resolve(root, file);
  const finished = new Set(listed.map(({ file }) => own(file)));
  const rest = files.filter((file) => !finished.has(own(file)));
  const first = rest.find((file) => running && own(running.file) === own(file));
  return {
    results: listed.map(({ results }) => results).reduce(addResults, noResults),
    unfinished: first === undefined
      ? rest
      : [first, ...rest.filter((file) => file !== first)],
  };
}
