import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { loadNewest } from "../../../train/loop/checkpoint.ts";
import {
  adoptCompact,
  keepCompact,
} from "../../../train/loop/compact_checkpoint.ts";
import { train } from "../../../train/loop/train.ts";
import { readLog } from "../../../train/log/training_log.ts";
import { withTempDir } from "../temp_dir.ts";
import { openToy, toyRun } from "../toy.ts";

Deno.test("a run that was kept compactly is a run again, with weights, moments and log", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const [out, kept, again] = ["out", "kept", "again"]
      .map((name) => join(dir, name));
    await train(toyRun(backend, out!, { steps: 20 }));
    await keepCompact(out!, kept!);
    assert(await adoptCompact(kept!, again!));
    const [before, after] = [await loadNewest(out!), await loadNewest(again!)];
    assertEquals(after!.position, before!.position);
    assertEquals([...after!.tensors.keys()], [...before!.tensors.keys()]);
    for (const [name, { data }] of before!.tensors) {
      for (const [i, value] of data.entries()) {
        const own = after!.tensors.get(name)!.data[i]!;
        assertAlmostEquals(own, value, Math.abs(value) / 100 + 1e-6, name);
      }
    }
    assertEquals((await readLog(again!)).map(({ step }) => step), [10, 20]);
    const { step, finished } = await train(
      toyRun(backend, again!, { steps: 24, resume: true }),
    );
    assertEquals([step, finished], [24, true]);
  });
});

Deno.test("of a large run the average alone is kept, and it goes on with moments of its own", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const [out, kept, again] = ["out", "kept", "again"]
      .map((name) => join(dir, name));
    const optimizer = { learningRate: 0.01, ema: 0.9 };
    const options = { ...toyRun(backend, out!, { steps: 200 }), optimizer };
    await train(options);
    await keepCompact(out!, kept!, { most: 1 });
    const small = (await loadNewest(kept!))!.tensors;
    assert([...small.keys()].every((name) => name.startsWith("weights.")));
    await adoptCompact(kept!, again!);
    const [before, after] = [await loadNewest(out!), await loadNewest(again!)];
    assertEquals(
      [...after!.tensors.keys()].sort(),
      [
        ...before!.tensors.keys(),
      ].sort(),
    );
    const more = { ...options, out: again!, steps: 230, resume: true };
    const { finished } = await train(more);
    assert(finished);
    const losses = (await readLog(again!)).map(({ loss }) => loss!);
    const last = losses.at(-1)!, first = losses[0]!;
    assert(last < 1.5 * losses[19]! + 0.01 * first, losses.join(" "));
  });
});

Deno.test("a run that has begun is not replaced by a kept one, nor one made of nothing", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const out = join(dir, "out"), kept = join(dir, "kept");
    await train(toyRun(backend, out, { steps: 10 }));
    assertEquals(await adoptCompact(kept, join(dir, "new")), false);
    await keepCompact(out, kept);
    await train(toyRun(backend, out, { steps: 12, resume: true }));
    assertEquals(await adoptCompact(kept, out), false);
    assertEquals((await loadNewest(out))!.position.step, 12);
  });
});
