import { assertEquals } from "@std/assert";
import { readOptions } from "../../../../lib/core/command/read_options.ts";
import {
  modelOptions,
  partsOf,
} from "../../../../lib/pipeline/options/command_options.ts";

for (
  const [args, adapter] of [
    [[], undefined],
    [["--adapter", "a"], "a"],
    [["--adapter", "a", "--adapter", "b"], ["a", "b"]],
  ] as const
) {
  Deno.test(`--adapter given ${args.length / 2} times loads as many adapters`, () => {
    assertEquals(partsOf(readOptions(modelOptions, args)).adapter, adapter);
  });
}
