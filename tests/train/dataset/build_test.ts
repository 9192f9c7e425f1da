import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { random } from "../../../lib/core/random.ts";
import { withTempDir } from "../temp_dir.ts";
import { dataFile, filesIn } from "./data.ts";

const cli = fromFileUrl(new URL("../../../cli.ts", import.meta.url));

function start(out: string): Deno.ChildProcess {
  const args = ["run", "-A", "--quiet", "--no-check", cli, "dataset", "build"];
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

/** `DATASET_KILLS=100 deno task test tests/train/dataset/build_test.ts` for more. */
const kills = Number(Deno.env.get("DATASET_KILLS") ?? 3);

/** Kills a build after some milliseconds; answers whether it was still running. */
async function killAfter(
  child: Deno.ChildProcess,
  milliseconds: number,
): Promise<boolean> {
  const timer = setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch {
      // it has ended just now
    }
  }, milliseconds);
  const { signal } = await child.status;
  clearTimeout(timer);
  return signal === "SIGKILL";
}

Deno.test(`a build that was killed ${kills} times at random moments ends with the bytes of an unbroken one`, async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "killed");
    const began = performance.now();
    assert((await start(join(dir, "whole")).status).success);
    const duration = performance.now() - began;
    const whole = await filesIn(join(dir, "whole"));
    const delays = random("kills");
    for (let done = 0; done < kills;) {
      if (await killAfter(start(out), delays.uniform() * duration)) {
        done++;
        continue;
      }
      assertEquals(await filesIn(out), whole);
      await Deno.remove(out, { recursive: true });
    }
    assert((await start(out).status).success);
    assertEquals(await filesIn(out), whole);
  });
});
