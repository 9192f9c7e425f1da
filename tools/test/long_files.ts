/**
 * Test files that take 15 seconds or more, the longest first. Each runs in a process of its own before
 * all others, so that no process is left alone with one at the end.
 */
export const longFiles: readonly string[] = [
  "tests/train/pocket/stages_test.ts",
  "tests/tools/golden/run_goldens_test.ts",
  "tests/cli_test.ts",
  "tests/tools/golden_test.ts",
  "tests/README_test.ts",
  "tests/train/baselines_test.ts",
  "tests/notebooks_test.ts",
  "tests/architecture/additions_test.ts",
  "tests/eval/run/command_test.ts",
  "tests/cli/generate_test.ts",
  "tests/examples_test.ts",
  "tests/train/loaders/loader_pool_test.ts",
  "tests/train/locref/stage_test.ts",
];
