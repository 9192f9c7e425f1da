import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "@std/path";
import { findTests, groupFiles } from "../../../tools/test/group_files.ts";
import { longFiles } from "../../../tools/test/long_files.ts";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

Deno.test("every file is in one group, in order, and no group is large", () => {
  fc.assert(
    fc.property(
      fc.nat(400),
      fc.integer({ min: 1, max: 64 }),
      (n, processes) => {
        const files = Array.from({ length: n }, (_, i) => `${i}_test.ts`);
        const groups = groupFiles(files, processes);
        assertEquals(groups.flat(), files);
        const sizes = groups.map((group) => group.length);
        assert(groups.length >= Math.min(n, processes));
        assert(sizes.every((size) => size > 0 && size <= 16));
        assert(n === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1);
      },
    ),
  );
});

Deno.test("files that take long come first, each in a group of its own", () => {
  const files = ["a", "b", "c", "d", "e"];
  assertEquals(
    groupFiles(files, 2, ["d", "x", "b"]),
    [["d"], ["b"], ["a", "c"], ["e"]],
  );
});

Deno.test("every file that is said to take long exists", async () => {
  assertEquals(await findTests(longFiles), [...longFiles]);
  for (const file of longFiles) await Deno.stat(file);
});

Deno.test("test files of a folder are found as Deno finds them", async () => {
  await inTempDir(async (folder) => {
    const tests = ["a_test.ts", "b.test.js", "inner/c_test.tsx", "test.mjs"];
    const others = ["a.ts", "latest.ts", "node_modules/d_test.ts", "x_test.md"];
    for (const file of [...tests, ...others]) {
      const path = join(folder, file);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, "");
    }
    assertEquals(
      await findTests([
        folder,
        join(folder, "a.ts"),
        join(folder, "a_test.ts"),
      ]),
      [...tests, "a.ts"].map((file) => join(folder, file)),
    );
  });
});
