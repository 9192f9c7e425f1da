import { assertEquals } from "@std/assert";
import { enlargement } from "../../cli/demo_sheet.ts";

Deno.test("small pictures are shown with at least 256 pixels a side, large ones as they are", () => {
  const factors = [[64, 64], [128, 128], [128, 96], [256, 512], [512, 512]]
    .map(([width, height]) => enlargement({ width: width!, height: height! }));
  assertEquals(factors, [4, 2, 3, 1, 1]);
});
