import { assert, assertEquals } from "@std/assert";
import { type Tensor, tensor } from "../../../../lib/core/tensor.ts";
import type { Values } from "../../../../lib/ops/executor.ts";
import { RememberedRuns } from "../../../../lib/pipeline/programs/remembered_runs.ts";

const ids = (...values: number[]) => ({
  ids: tensor([1, values.length], Int32Array.from(values)),
});

/** A program that counts how often it was taken and run. */
function counted() {
  const count = { taken: 0, ran: 0 };
  const take = () => {
    count.taken++;
    return Promise.resolve({
      run: ({ ids }: Values<Tensor>) => {
        count.ran++;
        return Promise.resolve({
          y: tensor([1], Float32Array.of(ids!.data[0]!)),
        });
      },
      dispose: () => Promise.resolve(),
    });
  };
  return { count, take };
}

Deno.test("equal inputs return the same outputs without the program", async () => {
  const { count, take } = counted();
  const runs = new RememberedRuns();
  const first = await runs.runner("a", take).run(ids(1, 2));
  const second = await runs.runner("a", take).run(ids(1, 2));
  assert(second === first);
  assertEquals(count, { taken: 1, ran: 1 });
});

Deno.test("other values, other shapes and other programs are run", async () => {
  const { count, take } = counted();
  const runs = new RememberedRuns();
  const first = await runs.runner("a", take).run(ids(1, 2));
  assert(await runs.runner("a", take).run(ids(1, 3)) !== first);
  assert(await runs.runner("b", take).run(ids(1, 2)) !== first);
  const turned = { ids: tensor([2, 1], Int32Array.of(1, 2)) };
  assert(await runs.runner("a", take).run(turned) !== first);
  assertEquals(count.ran, 4);
});

Deno.test("the longest unused run is forgotten where all take more than the limit", async () => {
  const { count, take } = counted();
  const runs = new RememberedRuns(2 * 12); // two runs: two ids and a number each
  const run = (first: number) => runs.runner("a", take).run(ids(first, 0));
  await run(1);
  await run(2);
  await run(1);
  await run(3); // forgets 2
  await run(1);
  assertEquals(count.ran, 3);
  await run(2);
  assertEquals(count.ran, 4);
});

Deno.test("a run that is larger than the limit is not kept", async () => {
  const { count, take } = counted();
  const runs = new RememberedRuns(11);
  await runs.runner("a", take).run(ids(1, 2));
  await runs.runner("a", take).run(ids(1, 2));
  assertEquals(count.ran, 2);
});
