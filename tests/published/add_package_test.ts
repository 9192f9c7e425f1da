import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../lib/images/decode.ts";
import {
  type LoopbackRegistry,
  publishToLoopback,
} from "./loopback_registry.ts";
import { makeProject, tenLines } from "./user_project.ts";

let registry: LoopbackRegistry;
Deno.test.beforeAll(async () => {
  registry = await publishToLoopback();
});
Deno.test.afterAll(async () => await registry[Symbol.asyncDispose]());

for (const nodeModulesDir of ["none", "auto", "manual"]) {
  Deno.test(`deno add makes the package usable with nodeModulesDir ${nodeModulesDir}`, async () => {
    await using project = await makeProject({ nodeModulesDir }, {
      JSR_URL: registry.url,
    });
    const program = (await tenLines()).replace("seed: 7", "seed: 7, steps: 2");
    await Deno.writeTextFile(join(project.folder, "ten.ts"), program);
    await project.succeed("add", "jsr:@locref/locref");
    await project.succeed("run", "-A", "ten.ts");
    const picture = join(project.folder, "out/first.png");
    const { width, height } = await decodeImage(await Deno.readFile(picture));
    assertEquals([width, height], [64, 64]);
  });
}
