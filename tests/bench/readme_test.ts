import { assertEquals, assertThrows } from "@std/assert";
import { withTable } from "../../bench/readme.ts";

const readme = "a\n<!-- bench unet -->\nold\n<!-- /bench unet -->\nb\n";

Deno.test("a table takes the place of the last one of its name", () => {
  assertEquals(
    withTable(readme, "unet", "| new |\n"),
    "a\n<!-- bench unet -->\n\n| new |\n\n<!-- /bench unet -->\nb\n",
  );
});

Deno.test("a name that has no place is refused", () => {
  assertThrows(() => withTable(readme, "vae", "x"), RangeError, '"vae"');
});
