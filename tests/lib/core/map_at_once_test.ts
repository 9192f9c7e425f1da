import { assertEquals, assertRejects } from "@std/assert";
import { mapAtOnce } from "../../../lib/core/map_at_once.ts";

Deno.test("mapAtOnce answers in the order of its items, whatever ends first", async () => {
  const ends: (() => void)[] = [];
  const answered = mapAtOnce(
    ["a", "b", "c"],
    (item, index) =>
      new Promise<string>((resolve) => {
        ends[index] = () => resolve(item + index);
        if (index === 2) [2, 1, 0].forEach((i) => ends[i]!());
      }),
    { lanes: 3 },
  );
  assertEquals(await answered, ["a0", "b1", "c2"]);
});

Deno.test("mapAtOnce has no more under way than it has lanes", async () => {
  let under = 0, most = 0;
  await mapAtOnce([...Array(9).keys()], async () => {
    most = Math.max(most, ++under);
    await Promise.resolve();
    under--;
  }, { lanes: 2 });
  assertEquals(most, 2);
});

Deno.test("mapAtOnce starts nothing after a failure, and throws it", async () => {
  const started: number[] = [];
  await assertRejects(
    () =>
      mapAtOnce([0, 1, 2, 3], (item) => {
        started.push(item);
        return item === 1
          ? Promise.reject(new RangeError("One"))
          : Promise.resolve();
      }, { lanes: 1 }),
    RangeError,
    "One",
  );
  assertEquals(started, [0, 1]);
});
