import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { command } from "../../../eval/naming/score_command.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { withTempDir } from "../../train/temp_dir.ts";

Deno.test("a file that is no key of sheets is refused, however much of one it has", async () => {
  await withTempDir(async (dir) => {
    const answers = join(dir, "a.txt");
    await Deno.writeTextFile(answers, "1.1: moon\n");
    for (
      const key of [
        ...[null, {}, { scenes: [], references: [] }],
        ...[{ scenes: [{}], references: [{}] }],
        { scenes: [{ objects: [] }], references: [{ label: "1.R1" }] },
        { scenes: [null], references: [null] },
      ]
    ) {
      await Deno.writeTextFile(join(dir, "key.json"), JSON.stringify(key));
      await assertRejects(
        async () => await command.run([dir, "--answers", answers]),
        LocRefError,
        "is no key of sheets: it must hold scenes and references",
      );
    }
  });
});
