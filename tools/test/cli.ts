/**
 * Runs the tests in several processes and prints the sum of their results.
 *
 *     deno run -A tools/test/cli.ts [FLAG OF DENO…] -- [ARGUMENT OF TEST…]
 *
 * Native packages run in the process of the tests. One that crashes takes a group of files with it,
 * which then runs once more. With RUN_FAILED_AGAIN=1 a file with a test that failed runs once more as
 * well, and what failed at first is listed; without it, such a test fails.
 */

import { findTests, groupFiles } from "./group_files.ts";
import { linkPackages } from "./link_packages.ts";
import {
  addResults,
  failure,
  failureText,
  type Results,
  slowest,
} from "./results.ts";
import { longFiles } from "./long_files.ts";
import { runDeno } from "./run_deno.ts";
import { runGroup, runSingle } from "./run_group.ts";
import { type Group, runGroups } from "./run_groups.ts";
import { splitArguments, type TestArguments } from "./split_arguments.ts";

/** Files whose examples are tests too. */
const documented = [
  "README.md",
  "mod.ts",
  "lib/scene/",
  "lib/scene_data/",
  "lib/model/locref.ts",
];

const processes = Number(Deno.env.get("DENO_JOBS")) ||
  navigator.hardwareConcurrency;

/** Files in groups; types are checked beside them, once for all. */
async function groupsOf(
  { flags, paths }: TestArguments,
  map: readonly string[],
): Promise<{ groups: Group[]; checked: string[] }> {
  const files = await findTests(paths.length > 0 ? paths : ["tests"]);
  const own = [...map, ...flags];
  if (files.length === 1) {
    return { groups: [{ files, flags: own }], checked: [] };
  }
  const groups: Group[] = groupFiles(files, processes, longFiles)
    .map((files) => ({ files, flags: [...own, "--no-check"] }));
  if (paths.length === 0) {
    groups.unshift({ files: documented, flags: [...own, "--doc"] });
  }
  return { groups, checked: flags.includes("--no-check") ? [] : files };
}

/** Runs the tests of many files. */
async function runMany(
  args: TestArguments,
  map: readonly string[],
): Promise<Results> {
  const { groups, checked } = await groupsOf(args, map);
  if (groups.length > 1) await linkPackages(map);
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  Deno.addSignalListener("SIGINT", stop);
  const failFast = args.flags.some((flag) => flag.startsWith("--fail-fast"));
  const check = checked.length === 0
    ? undefined
    : runDeno(["check", "--quiet", ...map, ...checked]).then(({ code }) => {
      if (code !== 0) stop();
      return code;
    });
  const again = Deno.env.get("RUN_FAILED_AGAIN") === "1" && !failFast;
  const { results, deaths, unsteady } = await runGroups(groups, {
    ...{ processes, again, stopped: () => stopped },
    run: async ({ files, flags }) => {
      const end = await runGroup(files, flags);
      if (failFast && end.results.failed > 0) stop();
      return end;
    },
  });
  Deno.removeSignalListener("SIGINT", stop);
  const wrong = await check;
  for (const death of deaths) console.log(death);
  if (unsteady.length > 0) {
    const texts = unsteady.map(failureText);
    console.log(["Passed only when run again:", ...texts].join("\n  "));
  }
  return wrong
    ? addResults(results, failure("Types are wrong, see above"))
    : results;
}

/** Runs tests and returns the exit code. */
async function main(given: readonly string[]): Promise<number> {
  const at = given.indexOf("--");
  const map = given.slice(0, at);
  const args = given.slice(at + 1);
  const sorted = splitArguments(args);
  const { passed, failed, failures, times } = sorted.single
    ? await runSingle([...map, ...args])
    : await runMany(sorted, map);
  if (failures.length > 0) {
    console.log(["Failed:", ...failures.map(failureText)].join("\n  "));
  }
  if (args.length === 0) {
    console.log(["Slowest:", ...slowest(times)].join("\n  "));
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
