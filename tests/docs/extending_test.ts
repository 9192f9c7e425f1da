/** The programs of `docs/extending.md`, which import the package's entry points alone. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cp } from "node:fs/promises";
import { decodeImage } from "../../lib/images/decode.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode } from "./run_page.ts";

const programs = await blocksOf("extending.md", "ts");
const pocket = new URL("../../models/pocket", import.meta.url).pathname;

/** The page's program that adds to a registry. */
function programOf(registry: string): string {
  const found = programs.filter((one) => one.includes(`${registry}.add(`));
  assertEquals(found.length, 1, registry);
  return found[0]!;
}

Deno.test("the programs import entry points alone", () => {
  assertEquals(programs.length, 4);
  for (const program of programs) {
    const from = [...program.matchAll(/ from "(.*)";/g)].map(([, name]) =>
      name!
    );
    assert(
      from.every((name) => /^@locref\/locref(\/\w+)?$/.test(name)),
      program,
    );
  }
});

Deno.test("a project's sampler makes a picture", async () => {
  await inTempDir(async (dir) => {
    await runCode(programOf("samplers"), dir);
    const { data } = await decodeImage(join(dir, "plain.png"));
    assert(new Set(data).size > 20);
  });
});

Deno.test("a project's adapter acts by the weights of its file", async () => {
  await inTempDir(async (dir) => {
    await runCode(programOf("adapterFormats"), dir);
    const [one, other] = await Promise.all(
      ["louder_1.png", "louder_0.9.png"].map((name) =>
        decodeImage(join(dir, name))
      ),
    );
    assert(one!.data.some((value, i) => value !== other!.data[i]));
  });
});

Deno.test("a project's base opens a model of its pipeline", async () => {
  await inTempDir(async (dir) => {
    const folder = join(dir, "model");
    await cp(pocket, folder, { recursive: true });
    const index = join(folder, "model_index.json");
    const text = await Deno.readTextFile(index);
    const own = text.replace("StableDiffusionPipeline", "MyPipeline");
    await Deno.writeTextFile(index, own);
    assertEquals((await runCode(programOf("bases"), dir)).trim(), "2");
    assertEquals((await decodeImage(join(dir, "mine.png"))).width, 128);
  });
});

Deno.test("a project's training stage learns", async () => {
  await inTempDir(async (dir) => {
    const printed = await runCode(programOf("trainingStages"), dir);
    const [slope] = JSON.parse(printed.trim().split("\n").at(-1)!);
    assert(Math.abs(slope - 2) < 0.2, printed);
  });
});
