import { assertEquals } from "@std/assert";
import { splitArguments } from "../../../tools/test/split_arguments.ts";

Deno.test("files are sorted from flags and from their values", () => {
  assertEquals(
    splitArguments(["--filter", "a box", "tests/lib", "--fail-fast", "b.ts"]),
    {
      flags: ["--filter", "a box", "--fail-fast"],
      paths: ["tests/lib", "b.ts"],
      single: false,
    },
  );
});

Deno.test("flags that need a terminal or one report keep all files in one process", () => {
  for (const flag of ["--watch", "--inspect-brk=1", "--junit-path=a.xml"]) {
    assertEquals(splitArguments([flag, "tests"]).single, true, flag);
  }
  assertEquals(splitArguments(["--docs"]).single, false);
});
