import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { mayHaveNvidiaDriver } from "../../lib/ops/gpu/nvidia_driver.ts";

const cli = fromFileUrl(new URL("../../cli.ts", import.meta.url));

async function setup(
  ...args: string[]
): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", cli, "setup-cuda", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

const supported = Deno.build.os === "linux" && Deno.build.arch === "x86_64";

Deno.test({
  name: "without an NVIDIA driver setup:cuda fetches nothing and says so",
  ignore: !supported || mayHaveNvidiaDriver(),
  fn: async () => {
    const { code, stderr } = await setup("--libraries");
    assertEquals(code, 1);
    assertEquals(
      stderr.trim(),
      "No NVIDIA driver is loaded: install it first, or fetch all the same with --force",
    );
  },
});

Deno.test({
  name: "setup:cuda names the systems that have a provider",
  ignore: supported,
  fn: async () => {
    const { code, stderr } = await setup();
    assertEquals(code, 1);
    assertStringIncludes(stderr, "for Linux on x86-64 only");
  },
});

Deno.test("an unknown flag of setup:cuda is a wrong usage", async () => {
  const { code, stderr } = await setup("--librarys");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "did you mean");
});
