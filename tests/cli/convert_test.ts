import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { cli } from "../run_cli.ts";

async function run(...args: string[]) {
  const { code, out, err } = await cli(...args);
  return { code, out, error: err };
}

const fixtures = "tests/data/pickles";

Deno.test("convert writes what doctor and load say to convert", async () => {
  await inTempDir(async (dir) => {
    const output = join(dir, "mine.safetensors");
    const seen = await run("doctor", `${fixtures}/nested.bin`);
    assertStringIncludes(
      seen.out,
      `convert ${fixtures}/nested.bin -o ${fixtures}/nested.safetensors`,
    );
    const made = await run("convert", `${fixtures}/nested.bin`, "-o", output);
    assertEquals([made.code, made.out.trim()], [0, output], made.error);
    assertEquals((await openSafetensors(output)).names().length, 4);
    const again = await run("convert", `${fixtures}/legacy.bin`, "-o", output);
    assertEquals(again.code, 1);
    assertStringIncludes(again.error, "--force");
  });
});

Deno.test("convert refuses what a checkpoint calls by name, and prints JSON of what it skips", async () => {
  await inTempDir(async (dir) => {
    const output = join(dir, "mine.safetensors");
    const hostile = await run(
      "convert",
      `${fixtures}/hostile.ckpt`,
      "-o",
      output,
    );
    assertEquals([hostile.code, hostile.out], [1, ""]);
    assertStringIncludes(hostile.error, "__builtin__.print");
    const args = [`${fixtures}/lightning.ckpt`, "-o", output];
    const { out } = await run("convert", ...args, "--tensors-only", "--json");
    const { skipped, ...done } = JSON.parse(out);
    assertEquals(done, {
      ...{ output, tensors: 1, bytes: 14, dtypes: { F16: 1 } },
      ...{ wrapper: "state_dict", leftOut: [] },
    });
    assertEquals(skipped.at(-1), {
      name: "callbacks",
      what: "types.SimpleNamespace",
    });
  });
});
