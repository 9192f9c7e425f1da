/** Data-parallel training over MPI; left out, with the reason in the test's name, where there is no mpich. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { listCheckpoints } from "../../../train/loop/checkpoint.ts";
import { type LogEntry, readLog } from "../../../train/log/training_log.ts";
import { claimGpu } from "../../../train/ranks/mpi.ts";
import { soloRank } from "../../../train/ranks/ranks.ts";
import { train } from "../../../train/loop/train.ts";
import { withTempDir } from "../temp_dir.ts";
import { openToy, toyRun } from "../toy.ts";
import { whyNoMpi } from "../why_no_mpi.ts";

const program = fromFileUrl(new URL("../toy.ts", import.meta.url));

const missing = await whyNoMpi();

function mpiTest(name: string, body: () => Promise<void>): void {
  const reason = missing === undefined ? "" : ` (left out: ${missing})`;
  Deno.test({
    name: name + reason,
    ignore: missing !== undefined,
    fn: body,
  });
}

function mpirun(
  ranks: number,
  args: readonly string[],
  file = program,
): Deno.ChildProcess {
  const deno = [Deno.execPath(), "run", "-A", file, ...args];
  return new Deno.Command("mpirun", {
    args: ["-n", String(ranks), ...deno],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function untilLogged(out: string, steps: number): Promise<void> {
  while ((await readLog(out)).length < steps) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const losses = (entries: readonly LogEntry[]) =>
  entries.map(({ loss }) => loss!);

async function assertLossesOfOneRank(dir: string, out: string): Promise<void> {
  const alone = join(dir, "alone");
  await train(toyRun(await openToy(), alone));
  const expected = losses(await readLog(alone));
  const found = losses(await readLog(out));
  assertEquals(found.length, expected.length);
  found.forEach((loss, i) =>
    assert(Math.abs(loss - expected[i]!) <= 1e-5 * expected[i]!)
  );
}

mpiTest(
  "two ranks with half the batch each give the losses of one",
  async () => {
    await withTempDir(async (dir) => {
      const out = join(dir, "two");
      const { code, stdout } = await mpirun(2, [out]).output();
      assertEquals(code, 0);
      assertEquals(
        new TextDecoder().decode(stdout).trim(),
        '{"step":12,"finished":true}',
      );
      await assertLossesOfOneRank(dir, out);
    });
  },
);

mpiTest(
  "a rank that dies ends the whole job soon with a word, and the checkpoint resumes",
  async () => {
    await withTempDir(async (dir) => {
      const out = join(dir, "run");
      const started = Date.now();
      const { code, stdout, stderr } = await mpirun(2, [out, "--die"])
        .output();
      assert(code !== 0);
      assert(Date.now() - started < 30_000);
      const text = new TextDecoder();
      const told = text.decode(stdout) + text.decode(stderr);
      assert(told.includes("BAD TERMINATION"), told);
      assert((await listCheckpoints(out)).length > 0);
      const again = await mpirun(2, [out, "--resume"]).output();
      assertEquals(again.code, 0);
      await assertLossesOfOneRank(dir, out);
    });
  },
);

mpiTest("Ctrl-C stops all ranks after the same step, saved", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    const job = mpirun(2, [out, "--slow"]);
    await untilLogged(out, 2);
    job.kill("SIGINT");
    const { code, stdout } = await job.output();
    assertEquals(code, 0);
    const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
    const { step, finished } = JSON.parse(line);
    assertEquals(finished, false);
    assertEquals((await readLog(out)).at(-1)!.step, step);
    const again = await mpirun(2, [out, "--resume"]).output();
    assertEquals(again.code, 0);
    await assertLossesOfOneRank(dir, out);
  });
});

mpiTest(
  "timers live while ranks wait for each other, and sums are right",
  async () => {
    const file = fromFileUrl(new URL("../exchange.ts", import.meta.url));
    const { stdout } = await mpirun(2, [], file).output();
    const { right, ticks } = JSON.parse(new TextDecoder().decode(stdout));
    assert(right);
    assert(ticks > 10, `${ticks} ticks in a second of waiting`);
  },
);

Deno.test("each rank of a machine gets a GPU of its own", () => {
  const before = Deno.env.get("CUDA_VISIBLE_DEVICES");
  try {
    const claimed = [0, 1, 2].map((localRank) => {
      Deno.env.set("CUDA_VISIBLE_DEVICES", "4,7");
      claimGpu({ ...soloRank, size: 3, localRank });
      return Deno.env.get("CUDA_VISIBLE_DEVICES");
    });
    assertEquals(claimed, ["4", "7", "4"]);
    Deno.env.set("CUDA_VISIBLE_DEVICES", "4,7");
    claimGpu(soloRank);
    assertEquals(Deno.env.get("CUDA_VISIBLE_DEVICES"), "4,7");
  } finally {
    if (before === undefined) Deno.env.delete("CUDA_VISIBLE_DEVICES");
    else Deno.env.set("CUDA_VISIBLE_DEVICES", before);
  }
});
