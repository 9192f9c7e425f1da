import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { withTempDir } from "../temp_dir.ts";
import { build, coco, dataFile, filesIn } from "./data.ts";

const cli = fromFileUrl(new URL("../../../cli.ts", import.meta.url));

function start(out: string): Deno.ChildProcess {
  const args = ["run", "-A", "--no-check", cli, "dataset", "build"];
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...args,
      ...["--coco", dataFile("coco/instances.json")],
      ...["--images", dataFile("coco/images"), "-o", out],
      ...["--size", "64", "--ref-size", "32", "--shard-size", "2"],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Waits until `shards` shards are finished, or the process has ended. */
async function untilFinished(
  out: string,
  shards: number,
  child: Deno.ChildProcess,
): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  for (;;) {
    const names = Object.keys(await filesIn(out).catch(() => ({})));
    const done = names.filter((name) => /^train-\d+\.json$/.test(name)).length;
    if (ended || done >= shards) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

Deno.test("a build that was killed ends with the bytes of an unbroken one", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "whole"));
    const out = join(dir, "killed");
    for (const shards of [0, 1, 2]) {
      const child = start(out);
      await untilFinished(out, shards, child);
      try {
        child.kill("SIGKILL");
      } catch {
        // it was faster
      }
      await child.status;
    }
    const { success } = await start(out).status;
    assert(success);
    assertEquals(await filesIn(out), await filesIn(join(dir, "whole")));
  });
});
