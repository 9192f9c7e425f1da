import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { holdRun } from "../../../train/loop/hold_run.ts";
import { withTempDir } from "../temp_dir.ts";

Deno.test("a folder that another process trains in is refused, and free when that ends", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    const module = new URL("../../../train/loop/hold_run.ts", import.meta.url);
    const program = join(dir, "hold.ts");
    await Deno.writeTextFile(
      program,
      `const { holdRun } = await import(Deno.args[0]);
      await holdRun(Deno.args[1]);
      console.log("held");
      await Deno.stdin.read(new Uint8Array(1));`,
    );
    const other = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, module.href, out],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = other.stdout.getReader();
    await reader.read();
    await assertRejects(
      () => holdRun(out),
      LocRefError,
      `Another process trains in "${out}"`,
    );
    other.kill("SIGKILL");
    await other.status;
    await reader.cancel();
    await other.stdin.close().catch(() => {});
    const held = await holdRun(out);
    await held.release();
    assertEquals(await Array.fromAsync(Deno.readDir(out)), []);
  });
});
