import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  importedPackages,
  keepsLinks,
} from "../../../tools/test/link_packages.ts";
import { userEnvironment } from "../../published/user_project.ts";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

Deno.test("packages of a configuration are listed once, without paths", () => {
  const imports = {
    "@a/b": "npm:@a/b@1.0.0",
    "@a/b/package.json": "npm:@a/b@1.0.0/package.json",
    "c/": "npm:/c@2.0.0/",
    "own": "./mod.ts",
    "d": "jsr:@d/d@1",
  };
  assertEquals(importedPackages({ imports }), [
    "npm:@a/b@1.0.0",
    "npm:c@2.0.0",
  ]);
});

Deno.test("a process with the variable imports packages and sets up no links", async () => {
  await inTempDir(async (folder) => {
    const names = ["deno.json", "deno.lock"];
    for (const name of names) {
      await Deno.copyFile(join(root, name), join(folder, name));
    }
    const program = join(folder, "late.ts");
    const text = 'await import("valibot"); console.log("imported");';
    await Deno.writeTextFile(program, text);
    const run = async (value: string) => {
      const env = { ...userEnvironment(), NO_COLOR: "1" };
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", program],
        clearEnv: true,
        env: value === "" ? env : { ...env, [keepsLinks]: value },
      }).output();
      const decoder = new TextDecoder();
      return decoder.decode(stdout) + decoder.decode(stderr);
    };
    assertStringIncludes(await run("1"), "valibot");
    assertEquals(await run(""), "imported\n");
    const links = join(folder, "node_modules", ".deno", ".setup-cache.bin");
    await Deno.writeTextFile(links, "untouched");
    assertEquals(await run("1"), "imported\n");
    assertEquals(await Deno.readTextFile(links), "untouched");
    assertEquals(await run(""), "imported\n");
    assertEquals(await Deno.readTextFile(links) === "untouched", false);
  });
});
