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
    const [runs, kept, fresh, shipped] = ["runs", "kept", "fresh", "shipped"]
      .map((name) => join(dir, name)) as [string, string, string, string];
    const vae = join(runs, "vae");
    await train(toyRun(backend, vae, { steps: 10 }));
    assertEquals(await keepRun("vae", { runs, kept }), true);
    assertEquals(await keepRun("clip", { runs, kept }), false);
    assertEquals(
      await adoptRun("vae", { runs: fresh, kept, shipped }),
      "begun",
    );
    assertEquals((await loadNewest(join(fresh, "vae")))!.position.step, 10);
    assertEquals(
      await adoptRun("vae", { runs: fresh, kept, shipped }),
      undefined,
    );

    await Deno.writeTextFile(join(vae, "done.json"), `{"step":10}\n`);
    await Deno.mkdir(join(runs, "model", "vae"), { recursive: true });
    await Deno.writeTextFile(join(runs, "model", "vae", "config.json"), "{}");
    await keepRun("vae", { runs, kept });
    assertEquals(await loadNewest(join(kept, "vae")), undefined);
    const other = join(dir, "other");
    assertEquals(await adoptRun("vae", { runs: other, kept, shipped }), "done");
    for (
      const file of ["vae/done.json", "vae/log.jsonl", "model/vae/config.json"]
    ) {
      await Deno.stat(join(other, file));
    }
  });
});

Deno.test("a part that is not kept beside the run of its stage is the shipped model's", async () => {
  await withTempDir(async (dir) => {
    const [runs, kept, shipped] = ["runs", "kept", "shipped"]
      .map((name) => join(dir, name)) as [string, string, string];
    const parts = ["unet", "locref", "text_encoder", "scheduler"];
    for (const part of parts) {
      await Deno.mkdir(join(shipped, part), { recursive: true });
      await Deno.writeTextFile(join(shipped, part, "config.json"), part);
    }
    for (const file of ["model_index.json", "words.txt"]) {
      await Deno.writeTextFile(join(shipped, file), file);
    }
    await Deno.mkdir(join(kept, "unet"), { recursive: true });
    await Deno.writeTextFile(join(kept, "unet", "done.json"), `{"step":10}\n`);
    await Deno.mkdir(join(kept, "model", "locref"), { recursive: true });
    await Deno.writeTextFile(
      join(kept, "model", "locref", "config.json"),
      "kept",
    );

    assertEquals(await adoptRun("unet", { runs, kept, shipped }), "done");
    const read = (name: string) => Deno.readTextFile(join(runs, "model", name));
    assertEquals(await read("unet/config.json"), "unet");
    assertEquals(await read("words.txt"), "words.txt");
    assertEquals(await read("locref/config.json"), "kept");
  });
});
