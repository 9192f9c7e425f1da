import { assert, assertEquals } from "@std/assert";
import { noResults } from "../../../tools/test/results.ts";
import type { GroupEnd } from "../../../tools/test/run_group.ts";
import { type Group, runGroups } from "../../../tools/test/run_groups.ts";

const group = (...files: string[]): Group => ({ files, flags: ["--x"] });

const ended = (passed: number, unfinished: string[] = []): GroupEnd => ({
  code: 0,
  results: { ...noResults, passed },
  unfinished,
  ...unfinished.length > 0 ? { died: "SIGSEGV" } : {},
});

async function runWith(
  groups: Group[],
  crashes: (group: Group) => string[],
): Promise<{ ran: Group[] } & Awaited<ReturnType<typeof runGroups>>> {
  const ran: Group[] = [];
  const end = await runGroups(groups, {
    processes: 2,
    stopped: () => false,
    run: (group) => {
      ran.push(group);
      const unfinished = crashes(group);
      return Promise.resolve(
        ended(group.files.length - unfinished.length, unfinished),
      );
    },
  });
  return { ran, ...end };
}

Deno.test("results of all groups are added up", async () => {
  const { results, deaths, ran } = await runWith(
    [group("a", "b"), group("c"), group("d", "e")],
    () => [],
  );
  assertEquals([results.passed, results.failed], [5, 0]);
  assertEquals([deaths, ran.length], [[], 3]);
});

Deno.test("the file that a process died in runs again alone, those behind it together", async () => {
  let first = true;
  const { ran, results, deaths } = await runWith(
    [group("a", "b", "c", "d")],
    () => {
      const unfinished = first ? ["b", "c", "d"] : [];
      first = false;
      return unfinished;
    },
  );
  assertEquals(ran.slice(1), [
    { files: ["b"], flags: ["--x"], again: true },
    { files: ["c", "d"], flags: ["--x"] },
  ]);
  assertEquals([results.passed, results.failed], [4, 0]);
  assertEquals(deaths, [
    "A process of tests died (SIGSEGV) before it finished b, c, d",
  ]);
});

Deno.test("a file whose process dies twice has failed, and the others run", async () => {
  const { results, deaths } = await runWith(
    [group("a", "b", "c", "d", "e", "f")],
    ({ files }) => files.includes("b") ? files.slice(files.indexOf("b")) : [],
  );
  assertEquals([results.passed, results.failed], [5, 1]);
  assertEquals(results.failures.map(({ name }) => name), deaths.slice(1));
  assert(deaths[0]!.endsWith("before it finished b, c, d and 2 more"));
});

/** Runs two files of two tests, of which `b` has one that fails as often as said. */
async function runUnsteady(
  times: number,
  again: boolean,
): Promise<{ ran: Group[] } & Awaited<ReturnType<typeof runGroups>>> {
  const ran: Group[] = [];
  let left = times;
  const failures = [{ file: "./b", name: "one", text: "Error: no" }];
  const end = await runGroups([group("a", "b")], {
    ...{ processes: 2, again, stopped: () => false },
    run: (group) => {
      ran.push(group);
      const tests = 2 * group.files.length;
      const failed = left-- > 0 ? 1 : 0;
      const results = { ...noResults, passed: tests - failed, failed };
      return Promise.resolve({
        ...{ code: failed, unfinished: [] },
        results: failed > 0 ? { ...results, failures } : results,
      });
    },
  });
  return { ran, ...end };
}

Deno.test("a file that passes when it runs again is listed, and its tests have passed", async () => {
  const { ran, results, unsteady } = await runUnsteady(1, true);
  assertEquals(ran.slice(1), [{ files: ["b"], flags: ["--x"], again: true }]);
  assertEquals([results.passed, results.failed], [4, 0]);
  assertEquals([results.failures, unsteady.length], [[], 1]);
});

Deno.test("a file that fails twice has failed, and so has one that is not to run again", async () => {
  for (const [times, again] of [[2, true], [1, false]] as const) {
    const { ran, results, unsteady } = await runUnsteady(times, again);
    assertEquals(ran.length, times);
    assertEquals([results.passed, results.failed], [3, 1]);
    assertEquals([results.failures.length, unsteady], [1, []]);
  }
});

Deno.test("examples of a page and of a folder run again where one fails", async () => {
  const ran: Group[] = [];
  const names = ["./README.md#3-6.ts", "./lib/scene/x y.ts#20-25.ts"];
  const failures = names.map((file) => ({ file, name: "example" }));
  const { unsteady } = await runGroups(
    [group("README.md", "mod.ts", "lib/scene/", "lib/scene_data/")],
    {
      ...{ processes: 1, again: true, stopped: () => false },
      run: (one) => {
        ran.push(one);
        const results = one.again
          ? noResults
          : { ...noResults, failed: 2, failures };
        return Promise.resolve({ code: 0, results, unfinished: [] });
      },
    },
  );
  assertEquals(ran[1]?.files, ["README.md", "lib/scene/"]);
  assertEquals(unsteady, failures);
});

Deno.test("a file that passes when it runs again hides no failure of another", async () => {
  const failures = [
    { file: "./a", name: "one" },
    { file: "./b", name: "uncaught error" },
  ];
  const { results, unsteady } = await runGroups([group("a", "b")], {
    ...{ processes: 1, again: true, stopped: () => false },
    run: ({ again }) =>
      Promise.resolve({
        ...{ code: 1, unfinished: [] },
        results: again
          ? { ...noResults, passed: 2, failed: 1, failures: [failures[1]!] }
          : { ...noResults, passed: 1, failed: 2, failures },
      }),
  });
  assertEquals([results.failed, unsteady], [2, []]);
});
