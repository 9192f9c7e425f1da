import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { Control } from "../../../../lib/adapters/controls/open_control.ts";
import { KnownControls } from "../../../../lib/pipeline/controls/known_controls.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

Deno.test("a control that cannot be opened leaves the numbers of the others as they are", async () => {
  await inTempDir(async (dir) => {
    const paths = ["broken", "one", "two", "three"].map((one) =>
      join(dir, one)
    );
    for (const path of paths) await Deno.writeTextFile(path, path);
    const slow = Promise.withResolvers<Control>();
    const known = new KnownControls((path) =>
      path === paths[0] ? slow.promise : Promise.resolve({} as Control)
    );
    const broken = known.open(paths[0]!);
    const ids = [];
    for (const path of paths.slice(1, 3)) ids.push((await known.open(path)).id);
    slow.reject(new Error("broken"));
    await assertRejects(() => broken, Error, "broken");
    for (const path of paths.slice(1)) ids.push((await known.open(path)).id);
    assertEquals(ids.slice(0, 2), ids.slice(2, 4));
    assertEquals(new Set(ids).size, 3);
  });
});

Deno.test("a control whose file was written anew is opened anew, under a number of its own", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "net.safetensors");
    await Deno.writeTextFile(path, "one");
    let opened = 0;
    const known = new KnownControls(() => {
      opened++;
      return Promise.resolve({} as Control);
    });
    const first = await known.open(path);
    assertEquals((await known.open(path)).id, first.id);
    assertEquals(opened, 1);
    await Deno.writeTextFile(path, "other");
    const second = await known.open(path);
    assertEquals([second.id === first.id, opened], [false, 2]);
  });
});
