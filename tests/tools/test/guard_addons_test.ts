import { assert, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

const at = (path: string) => new URL(`../../../${path}`, import.meta.url);

Deno.test("a native call after the end of a test file is an error that names it", async () => {
  await inTempDir(async (folder) => {
    const file = join(folder, "late_test.ts");
    await Deno.writeTextFile(
      file,
      `import { loadSharp } from "${at("lib/images/load_sharp.ts")}";
      const sharp = await loadSharp();
      const create = { width: 1, height: 1, channels: 3, background: "red" };
      const draw = () => sharp({ create }).raw().toBuffer();
      Deno.test("in time", async () => { await draw(); });
      addEventListener("unload", draw);`,
    );
    const guard = fromFileUrl(at("tools/test/guard_addons.ts"));
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["test", "-A", "--no-check", "--preload", guard, file],
        cwd: fromFileUrl(at("")),
      },
    ).output();
    const out = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    assert(!success, out);
    assertStringIncludes(out, "A test file ended before its work: it calls ");
    assertStringIncludes(out, "late_test.ts (uncaught error)");
  });
});
