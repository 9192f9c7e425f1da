import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { adoptRun, keepRun } from "../../../train/pocket/kept_runs.ts";
import { train } from "../../../train/loop/train.ts";
import { loadNewest } from "../../../train/loop/checkpoint.ts";
import { withTempDir } from "../temp_dir.ts";
import { openToy, toyRun } from "../toy.ts";

Deno.test("of a stage that is done its part of the model is kept, of another its checkpoint", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    const [runs, kept, fresh] = ["runs", "kept", "fresh"]
      .map((name) => join(dir, name)) as [string, string, string];
    const vae = join(runs, "vae");
    await train(toyRun(backend, vae, { steps: 10 }));
    assertEquals(await keepRun("vae", { runs, kept }), true);
    assertEquals(await keepRun("clip", { runs, kept }), false);
    assertEquals(await adoptRun("vae", { runs: fresh, kept }), "begun");
    assertEquals((await loadNewest(join(fresh, "vae")))!.position.step, 10);
    assertEquals(await adoptRun("vae", { runs: fresh, kept }), undefined);

    await Deno.writeTextFile(join(vae, "done.json"), `{"step":10}\n`);
    await Deno.mkdir(join(runs, "model", "vae"), { recursive: true });
    await Deno.writeTextFile(join(runs, "model", "vae", "config.json"), "{}");
    await keepRun("vae", { runs, kept });
    assertEquals(await loadNewest(join(kept, "vae")), undefined);
    const other = join(dir, "other");
    assertEquals(await adoptRun("vae", { runs: other, kept }), "done");
    for (
      const file of ["vae/done.json", "vae/log.jsonl", "model/vae/config.json"]
    ) {
      await Deno.stat(join(other, file));
    }
  });
});
