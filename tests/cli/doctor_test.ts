import { assert, assertEquals, assertMatch } from "@std/assert";
import { cli } from "../run_cli.ts";

async function doctor(...args: string[]) {
  const { code, out, err } = await cli("doctor", ...args);
  return { code, out, error: err };
}

Deno.test("doctor prints what a model is and ends with 0", async () => {
  const { code, out } = await doctor("tests/goldens/sd-tiny");
  assertEquals(code, 0);
  assertMatch(out, /^tests\/goldens\/sd-tiny: model of the Stable Diffusion/);
});

Deno.test("doctor --json can be read by programs, and ends with 1 where something is wrong", async () => {
  const file = "tests/goldens/text.safetensors";
  const { code, out } = await doctor("--json", file);
  assertEquals(code, 1);
  const [found] = JSON.parse(out);
  assertEquals(found.files[0].kind, "unknown");
  assertEquals(found.files[0].missing, {});
});

Deno.test("doctor without a target, or with an unknown flag, is bad usage", async () => {
  for (const args of [[], ["--what"]]) {
    const { code, error } = await doctor(...args);
    assertEquals(code, 2);
    assert(error.trim().split("\n").length === 1, error);
  }
});
