/** Groups of test files, several processes at a time. */

import { resolve, sep } from "node:path";
import {
  addResults,
  type Failure,
  failure,
  noResults,
  type Results,
} from "./results.ts";
import { root } from "./run_deno.ts";
import type { GroupEnd } from "./run_group.ts";

/** Test files that run in one process. */
export interface Group {
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** Whether it runs for the second time, since its process died or a test failed. */
  readonly again?: boolean;
}

/** How groups are run. */
export interface GroupOptions {
  readonly run: (group: Group) => Promise<GroupEnd>;
  /** Most processes at a time. */
  readonly processes: number;
  /** Whether nothing further starts. */
  readonly stopped: () => boolean;
  /** Whether files with a test that failed run once more. */
  readonly again?: boolean;
}

/** Results of all groups. */
export interface GroupsEnd {
  readonly results: Results;
  /** Processes that died, in words. */
  readonly deaths: readonly string[];
  /** Failures of files that passed when they ran once more. */
  readonly unsteady: readonly Failure[];
}

/**
 * Runs groups. Where a process dies, the file that it ran does so once more on its own, and the files
 * behind it in a further group.
 */
export async function runGroups(
  groups: readonly Group[],
  { run, processes, stopped, again = false }: GroupOptions,
): Promise<GroupsEnd> {
  const waiting = [...groups];
  const deaths: string[] = [];
  const unsteady: Failure[] = [];
  let results = noResults;
  const work = async () => {
    for (;;) {
      const group = stopped() ? undefined : waiting.shift();
      if (group === undefined) return;
      const end = await run(group);
      const passedAgain = again && !stopped()
        ? await runFailed(group, end, run)
        : [];
      unsteady.push(...passedAgain);
      results = addResults(results, asPassed(end.results, passedAgain));
      if (end.died === undefined || stopped()) continue;
      const text = deathText(end);
      deaths.push(text);
      if (group.again) results = addResults(results, failure(text));
      else waiting.unshift(...secondRun(end, group));
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return { results, deaths, unsteady };
}

/** Runs files with failures once more; returns their failures where all of them pass then. */
async function runFailed(
  { files, flags }: Group,
  { results: { failures } }: GroupEnd,
  run: GroupOptions["run"],
): Promise<readonly Failure[]> {
  const failed = files.filter((file) => failures.some(isOf(file)));
  if (failed.length === 0) return [];
  const { died, results } = await run({ files: failed, flags, again: true });
  const passed = died === undefined && results.failed === 0;
  return passed
    ? failures.filter((one) => failed.some((file) => isOf(file)(one)))
    : [];
}

/** Whether a failure is of a file, of an example in it, or of a file of a folder. */
function isOf(path: string): (failure: Failure) => boolean {
  const whole = resolve(root, path);
  return ({ file }) => {
    if (file === undefined) return false;
    const own = resolve(root, file.replace(/#\d+-\d+\.\w+$/, ""));
    return own === whole || own.startsWith(whole + sep);
  };
}

/** Results in which some failures count as passed. */
function asPassed(results: Results, passed: readonly Failure[]): Results {
  return {
    ...results,
    passed: results.passed + passed.length,
    failed: results.failed - passed.length,
    failures: results.failures.filter((failure) => !passed.includes(failure)),
  };
}

function secondRun(
  { unfinished: [first, ...rest] }: GroupEnd,
  { flags }: Group,
): Group[] {
  return [
    ...first === undefined ? [] : [{ files: [first], flags, again: true }],
    ...rest.length === 0 ? [] : [{ files: rest, flags }],
  ];
}

/** A process that died, and what it had not finished. */
function deathText({ died, unfinished }: GroupEnd): string {
  const how = /^\d+$/.test(died!) ? `exit code ${died}` : died;
  const shown = unfinished.slice(0, 3).join(", ");
  const more = unfinished.length - 3;
  return `A process of tests died (${how}) before it finished ${shown}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}
