import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeImage } from "../../lib/images/decode.ts";
import {
  documentedPermissions,
  makeProject,
  shortTenLines,
} from "./user_project.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

for (const nodeModulesDir of ["none", "auto", "manual"]) {
  Deno.test(`a project with nodeModulesDir ${nodeModulesDir} makes a picture with a checkout`, async () => {
    await using project = await makeProject({
      imports: { "@locref/locref": join(root, "mod.ts") },
      nodeModulesDir,
    });
    const program = join(project.folder, "ten.ts");
    await Deno.writeTextFile(program, await shortTenLines());
    if (nodeModulesDir === "manual") await project.succeed("install");
    await project.succeed("run", ...documentedPermissions, "ten.ts");
    const picture = join(project.folder, "out/first.png");
    const { width, height } = await decodeImage(await Deno.readFile(picture));
    assertEquals([width, height], [64, 64]);
  });
}

Deno.test("a checkout's command line runs from any folder", async () => {
  await using project = await makeProject({});
  const demo = ["demo", "--steps", "2", "-o", "out"];
  await project.succeed("run", "-A", join(root, "cli.ts"), ...demo);
  await Deno.stat(join(project.folder, "out/demo.png"));
});
