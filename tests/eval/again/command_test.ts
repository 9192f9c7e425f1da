import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { command } from "../../../eval/again/command.ts";
import type { SceneGain } from "../../../eval/again/measure.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { printed } from "../printed.ts";

async function measured(out: string, ...more: string[]): Promise<SceneGain[]> {
  const args = ["--scenes", "2", "--tries", "1", "--steps", "2", "--json"];
  const text = await printed(() => command.run([...args, "-o", out, ...more]));
  return JSON.parse(text);
}

Deno.test("the same command measures only the scenes that are missing", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const first = await measured(dir);
    assert(first.every(({ before, after }) => after >= before));
    assert(first.every(({ othersClipI }) => othersClipI === 0));
    const [one, other] = [0, 1].map((i) =>
      join(dir, "scenes", `pocket-000${i}.json`)
    );
    const marked = { ...first[0]!, before: 0.125 };
    await Deno.writeTextFile(one!, JSON.stringify(marked));
    await Deno.remove(other!);
    assertEquals(await measured(dir), [marked, first[1]!]);
    assertEquals(
      JSON.parse(await Deno.readTextFile(join(dir, "scenes.json"))),
      [marked, first[1]!],
    );
    await assertRejects(
      () => measured(dir, "--tries", "2"),
      LocRefError,
      "holds a run with another tries (1, not 2)",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
