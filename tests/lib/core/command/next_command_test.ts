import { assertEquals, assertMatch } from "@std/assert";
import { nextCommand } from "../../../../lib/core/command/next_command.ts";

Deno.test("the next command stands ready to be typed, with quotes where a shell needs them", () => {
  const line = nextCommand("look", [
    ...["eval", "run", "--base", "org/repo@main", undefined],
    ...["-o", "my pictures", "it's"],
  ]);
  assertMatch(line, /^Next, look: .*eval run --base org\/repo@main -o /);
  assertEquals(line.endsWith("'my pictures' 'it'\\''s'"), true, line);
});
