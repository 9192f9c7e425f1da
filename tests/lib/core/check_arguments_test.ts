import { assertThrows } from "@std/assert";
import { checkArguments } from "../../../lib/core/check_arguments.ts";

Deno.test("an argument that a function does not take is refused with its value", () => {
  checkArguments([1], "caption(text)", 1);
  assertThrows(
    () => checkArguments(["a", "b", "c"], "caption(text)", 1),
    TypeError,
    'Call caption(text) takes no further argument, got "b"',
  );
});
