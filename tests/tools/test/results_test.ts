import { assertEquals } from "@std/assert";
import {
  failureText,
  readOutput,
  readReport,
  slowest,
} from "../../../tools/test/results.ts";

const report = `<testsuites>
  <testsuite name="./a_test.ts" tests="3" disabled="1" errors="0" failures="1">
    <testcase name="a &lt; &quot;b&quot;" classname="./a_test.ts" time="0.250" line="1" col="6">
    </testcase>
    <testcase name="c" classname="./a_test.ts" time="1.500" line="2" col="6">
      <failure message="no">Error: 1 &lt; 2
    at file</failure>
    </testcase>
    <testcase name="d" classname="./a_test.ts" time="0.000" line="3" col="6">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>`;

Deno.test("a report yields passed and failed tests, and names those that failed", () => {
  const { passed, failed, failures, times } = readReport(report, { code: 1 });
  const text = "Error: 1 < 2\n    at file";
  const failure = { file: "./a_test.ts", name: "c", text };
  assertEquals([passed, failed, failures], [1, 1, [failure]]);
  assertEquals(slowest(times, 2), [
    "1.5 s  ./a_test.ts: c",
    '0.3 s  ./a_test.ts: a < "b"',
  ]);
});

Deno.test("a run that broke off without a report counts as one failure", () => {
  const { failed, failures } = readReport("", { code: 1 });
  assertEquals([failed, failures.length], [1, 1]);
  assertEquals(readReport("", { code: 0 }).failed, 0);
});

Deno.test("errors outside of tests are failures of their files, beside those of a report", () => {
  const output = [
    "\x1b[31m./b c_test.ts (uncaught error)\x1b[0m",
    "\x1b[31merror\x1b[0m: Error: late",
    "    at file",
    "This error was not caught from a test and caused the test runner to fail.",
    "./b c_test.ts (uncaught error)",
  ].join("\n");
  const { failed, failures } = readReport(report, { code: 1, output });
  assertEquals([failed, failures.length], [2, 2]);
  assertEquals(failures[1], {
    file: "./b c_test.ts",
    name: "uncaught error",
    text: "error: Error: late\n    at file",
  });
  assertEquals(readReport("", { code: 0, output }).failed, 0);
});

Deno.test("output yields the results of each file that had begun", () => {
  const output = [
    "\x1b[38;5;245mrunning 3 tests from ./a_test.ts\x1b[0m",
    "a ... \x1b[32mok\x1b[0m (3ms)",
    "b ...",
    "  step ... FAILED (0ms)",
    "b ... FAILED (due to 1 failed step) (1ms)",
    "c ... ignored (0ms)",
    "Uncaught error from ./a_test.ts FAILED",
    "",
    "running 1 test from ./b_test.ts",
    "d ... ok (1s)",
  ].join("\n");
  assertEquals(
    readOutput(output).map((
      { file, results: { passed, failed, failures } },
    ) => ({
      file,
      passed,
      failed,
      failures,
    })),
    [
      {
        file: "./a_test.ts",
        passed: 1,
        failed: 3,
        failures: [
          { file: "./a_test.ts", name: "step" },
          { file: "./a_test.ts", name: "b" },
          { file: "./a_test.ts", name: "uncaught error" },
        ],
      },
      { file: "./b_test.ts", passed: 1, failed: 0, failures: [] },
    ],
  );
});

Deno.test("a failure is its test in one line and its error below", () => {
  const failure = { file: "./a_test.ts", name: "c", text: "Error: no\nat x" };
  assertEquals(
    failureText(failure),
    "./a_test.ts: c\n    Error: no\n    at x",
  );
  assertEquals(failureText({ name: "Types are wrong" }), "Types are wrong");
});
