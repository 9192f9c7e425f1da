import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { cliIn } from "../run_cli.ts";

async function run(...args: string[]) {
  const { code, out, err } = await cliIn({
    env: {
      HF_TOKEN: "",
      HF_HOME: "/nowhere",
      HF_ENDPOINT: "http://127.0.0.1:1",
    },
  }, ...args);
  return { code, out, error: err };
}

const full = "tests/goldens/ip-adapter/ip-adapter-full.safetensors";

Deno.test("adapter convert, doctor and adapter publish --dry-run follow each other", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "mine.safetensors");
    const made = await run("adapter", "convert", full, "-o", path);
    assertEquals([made.code, made.out.trim()], [0, path], made.error);
    const seen = await run("doctor", path, "--base", "tests/goldens/sd-tiny");
    assertEquals(seen.code, 0, seen.out);
    const card = await run("adapter", "publish", dir, "me/mine", "--dry-run");
    assertEquals(card.code, 0, card.error);
    assertStringIncludes(card.out, "| encoder_input | patch |");
  });
});

Deno.test("adapter publish without a token fails with what to do", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "mine.safetensors");
    await run("adapter", "convert", full, "-o", path);
    const { code, error } = await run("adapter", "publish", dir, "me/mine");
    assertEquals(code, 1);
    assertStringIncludes(error, "put it into HF_TOKEN");
  });
});

Deno.test("adapter and export say in one sentence what is wrong with the command line", async () => {
  const lines = [
    ["adapter"],
    ["adapter", "sell"],
    ["adapter", "convert", full],
    ["adapter", "convert", full, "-o", "x", "--dtype", "F8"],
    ["adapter", "publish", "x"],
    ["export"],
    ["export", "-o", "x", "--size", "big"],
    ["export", "-o", "x", "--steps", "0"],
  ];
  for (const line of lines) {
    const { code, error } = await run(...line);
    assertEquals(code, 2, line.join(" "));
    assert(error.trim().split("\n").length === 1, error);
  }
});
