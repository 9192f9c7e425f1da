/** Results of test processes, from their JUnit reports and from their output. */

/** A test of a JUnit report. */
export interface TestTime {
  readonly file: string;
  readonly name: string;
  readonly seconds: number;
}

/** A test that failed, or a failure that belongs to no test. */
export interface Failure {
  /** Test file, as Deno names it. */
  readonly file?: string;
  readonly name: string;
  /** Error with its first lines. */
  readonly text?: string;
}

/** Results of some files. */
export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
  readonly times: readonly TestTime[];
}

export const noResults: Results = {
  passed: 0,
  failed: 0,
  failures: [],
  times: [],
};

/** Sum of two results. */
export function addResults(a: Results, b: Results): Results {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    failures: [...a.failures, ...b.failures],
    times: [...a.times, ...b.times],
  };
}

/** One failure that belongs to no test. */
export function failure(text: string): Results {
  return { ...noResults, failed: 1, failures: [{ name: text }] };
}

/** Name of a failure that is an error outside of tests. */
const uncaughtName = "uncaught error";

/** A failure in words: its test in one line, its error below. */
export function failureText({ file, name, text }: Failure): string {
  const first = file === undefined ? name : `${file}: ${name}`;
  const lines = text === undefined ? [] : text.split("\n");
  return [first, ...lines.map((line) => `    ${line}`)].join("\n");
}

/**
 * Results of a JUnit report and of the output beside it, which alone names errors outside of tests.
 * Where neither names a failure but the process does, one has failed.
 */
export function readReport(
  junit: string,
  { code, output = "" }: { code: number; output?: string },
): Results {
  let passed = 0;
  let failed = 0;
  for (const [suite] of junit.matchAll(/<testsuite [^>]*>/g)) {
    const number = (name: string) =>
      Number(suite.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0);
    const failures = number("failures") + number("errors");
    passed += number("tests") - failures - number("disabled");
    failed += failures;
  }
  const uncaught = code === 0 ? [] : uncaughtErrors(output);
  const { failures, times } = readCases(junit);
  const listed: Results = {
    ...{ passed, times },
    failed: failed + uncaught.length,
    failures: [...failures, ...uncaught],
  };
  if (listed.failed > 0 || code === 0) return listed;
  const text = "A process of tests failed outside of them, see above";
  return addResults(listed, failure(text));
}

/** Errors that Deno lays to a file and to none of its tests. Its report leaves them out. */
function uncaughtErrors(output: string): Failure[] {
  const errors = withoutColours(output).matchAll(
    /^(.+) \(uncaught error\)\r?\n(error: [^]*?)\r?\nThis error was not caught/gm,
  );
  return Array.from(errors, ([, file, text]) => ({
    ...{ file: file!, name: uncaughtName },
    text: firstLines(text!),
  }));
}

function readCases(junit: string): Pick<Results, "failures" | "times"> {
  const failures: Failure[] = [];
  const times: TestTime[] = [];
  const cases =
    /<testcase name="([^"]*)" classname="([^"]*)" time="([\d.]+)"[^>]*>(?:\s*<(?:failure|error)[^>]*>([^<]*))?/g;
  for (const [, name, file, time, error] of junit.matchAll(cases)) {
    const test = { name: plain(name!), file: plain(file!) };
    times.push({ ...test, seconds: Number(time) });
    if (error !== undefined) {
      failures.push({ ...test, text: firstLines(plain(error)) });
    }
  }
  return { failures, times };
}

/** First lines of an error: enough to know it by, since the whole stands above. */
function firstLines(text: string): string {
  const lines = withoutColours(text).split("\n").slice(0, 12);
  return lines.map((line) => line.slice(0, 200)).join("\n");
}

function plain(xml: string): string {
  const signs = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return xml.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: keyof typeof signs) => signs[name],
  );
}

/** The tests that took longest, with their seconds. */
export function slowest(times: readonly TestTime[], count = 10): string[] {
  return [...times]
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ name, file, seconds }) =>
      `${seconds.toFixed(1)} s  ${file}: ${name}`
    );
}

/** A test file in the output of a process. */
export interface ListedFile {
  readonly file: string;
  readonly results: Results;
}

// deno-lint-ignore no-control-regex
const colours = /\x1b\[[\d;]*m/g;

/** First line of a file's results. */
export const fileHeader = /^running \d+ tests? from (.+)$/;

/** A line of output without its colours. */
export function withoutColours(line: string): string {
  return line.replace(colours, "");
}

/** Files in the output of a process that ran one after another, the last one perhaps in part. */
export function readOutput(output: string): ListedFile[] {
  const files: ListedFile[] = [];
  for (const line of withoutColours(output).split(/\r?\n/)) {
    const header = line.match(fileHeader)?.[1];
    if (header !== undefined) files.push({ file: header, results: noResults });
    const [, name, ending] =
      line.match(/^(.*) \.\.\. (ok|FAILED|cancelled)(?: \(.*\))?$/) ?? [];
    const last = files.pop();
    if (last === undefined) continue;
    const { file, results } = last;
    const isUncaught = line === `Uncaught error from ${file} FAILED`;
    const wrong = isUncaught ? uncaughtName : name?.trim();
    const one: Results = wrong === undefined
      ? noResults
      : ending === "ok"
      ? { ...noResults, passed: 1 }
      : { ...noResults, failed: 1, failures: [{ file, name: wrong }] };
    files.push({ file, results: addResults(results, one) });
  }
  return files;
}
