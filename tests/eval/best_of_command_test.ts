import { assert, assertEquals, assertRejects } from "@std/assert";
import { command } from "../../eval/best_of_command.ts";
import { printed } from "./printed.ts";
import { UsageError } from "../../lib/core/command/usage.ts";

Deno.test("the best of several scores at least what one picture does", async () => {
  const args = "--scenes 2 --n 2 --steps 2 --json".split(" ");
  const rows = JSON.parse(await printed(() => command.run(args)));
  assertEquals(rows.map(({ way }: { way: string }) => way), [
    "one picture",
    "best of 2",
    "until IoU 0.8, CLIP-I 0.9, at most 2",
  ]);
  const [one, best] = rows;
  const { iou, clipI } = best.gains;
  assert(iou[0] + clipI[0] >= 0);
  for (const name of ["iou", "clipI"]) {
    const difference = best[name] - one[name] - best.gains[name][0];
    assert(Math.abs(difference) < 1e-12, name);
    assert(best.gains[name][1] <= best.gains[name][2], name);
  }
});

Deno.test("best-of needs at least two candidates", async () => {
  const error = await assertRejects(
    () => command.run(["--n", "1"]),
    UsageError,
  );
  assertEquals(
    (error as Error).message,
    'Option --n takes a whole number from 2 to 1000, got "1"',
  );
});
