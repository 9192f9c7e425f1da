/** Arguments of `test`: flags for Deno, and files or folders. */

/** Flags whose value is the next argument. */
const valued = new Set([
  "--filter",
  "--config",
  "-c",
  "--import-map",
  "--preload",
  "--location",
  "--cert",
  "--ignore",
]);

/** Flags that need one process for all files, or a terminal. */
const single =
  /^--(doc|watch|watch-exclude|inspect|inspect-brk|inspect-wait|no-run|coverage|coverage-raw-data-only|junit-path|reporter|shuffle|clean)(=|$)/;

/** Arguments of `test`, sorted. */
export interface TestArguments {
  readonly flags: readonly string[];
  readonly paths: readonly string[];
  /** Whether a flag needs all files in one process. */
  readonly single: boolean;
}

/** Sorts the arguments of `test`. */
export function splitArguments(args: readonly string[]): TestArguments {
  const flags: string[] = [];
  const paths: string[] = [];
  args.forEach((arg, i) => {
    const isFlag = arg.startsWith("-") || valued.has(args[i - 1] ?? "");
    (isFlag ? flags : paths).push(arg);
  });
  return { flags, paths, single: flags.some((flag) => single.test(flag)) };
}
