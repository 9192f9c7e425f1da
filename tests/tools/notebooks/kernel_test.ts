import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Kernel } from "../../../tools/notebooks/kernel.ts";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

/** Files that lie in a folder for temporary ones after an action. */
async function filesAfter(action: () => Promise<void>): Promise<string[]> {
  const usual = Deno.env.get("TMPDIR");
  return await inTempDir(async (folder) => {
    Deno.env.set("TMPDIR", folder);
    try {
      await action();
    } finally {
      if (usual === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", usual);
    }
    return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  });
}

Deno.test("a kernel that cannot start leaves no file behind", async () => {
  const left = await filesAfter(async () => {
    await assertRejects(() => Kernel.start(join(Deno.cwd(), "missing")));
  });
  assertEquals(left, []);
});

Deno.test("a kernel runs cells after its connection file is gone", async () => {
  const left = await filesAfter(async () => {
    const kernel = await Kernel.start(Deno.cwd());
    try {
      const { executionCount, error } = await kernel.execute("6 * 7");
      assertEquals([executionCount, error], [1, undefined]);
    } finally {
      await kernel.stop();
    }
  });
  assertEquals(left.filter((name) => name.endsWith(".json")), []);
});
