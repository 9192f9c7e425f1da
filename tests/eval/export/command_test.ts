import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { command } from "../../../eval/export/command.ts";
import { decodeImage } from "../../../lib/images/decode.ts";
import { printed } from "../printed.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const argsOf = (format: string, out: string) => [
  ...["--format", format, "--scenes", "pocket", "--count", "2"],
  ...["-o", out, "--json"],
];

Deno.test("an export holds every scene, its references without alpha, and how to go on", async () => {
  await withTempDir(async (out) => {
    const line = await printed(() => command.run(argsOf("ms-diffusion", out)));
    const { scenes, references } = JSON.parse(line);
    assertEquals(scenes, 2);
    const written = JSON.parse(
      await Deno.readTextFile(join(out, "scenes.json")),
    );
    const paths = written.flatMap(({ images }: { images: string[] }) => images);
    assertEquals(paths.length, references);
    for (const path of paths) {
      const { data } = await decodeImage(join(out, path), { name: path });
      assert(data.every((value, i) => i % 4 !== 3 || value === 255));
    }
    const readme = await Deno.readTextFile(join(out, "README.md"));
    assert(readme.includes("--pictures MS-Diffusion=PICTURES"));
  });
});

Deno.test("InstanceDiffusion gets a file for each scene", async () => {
  await withTempDir(async (out) => {
    await printed(() => command.run(argsOf("instance-diffusion", out)));
    const names = [...Deno.readDirSync(join(out, "scenes"))].map((one) =>
      one.name
    );
    assertEquals(names.sort(), ["pocket-0000.json", "pocket-0001.json"]);
  });
});

Deno.test("the data set that annotations are built into is not among the scenes", async () => {
  await withTempDir(async (out) => {
    const data = fromFileUrl(new URL("../../data/coco", import.meta.url));
    const coco = `coco:${join(data, "instances.json")},${join(data, "images")}`;
    const args = argsOf("instance-diffusion", out);
    await printed(() => command.run([...args, "--scenes", coco]));
    const names = [...Deno.readDirSync(join(out, "scenes"))];
    assertEquals(names.length, 2);
    for (const { name } of names) {
      const path = join(out, "scenes", name);
      const { annos } = JSON.parse(await Deno.readTextFile(path));
      assert(annos.length > 0);
    }
  });
});

Deno.test("the same export twice has the same bytes", async () => {
  await withTempDir(async (dir) => {
    const [once, twice] = [join(dir, "once"), join(dir, "twice")];
    await printed(() => command.run(argsOf("gligen", once)));
    await printed(() => command.run(argsOf("gligen", twice)));
    for (const name of ["scenes.json", "references/pocket-0000-0.png"]) {
      assertEquals(
        await Deno.readFile(join(once, name)),
        await Deno.readFile(join(twice, name)),
      );
    }
  });
});

Deno.test("a format that there is not is wrong usage", async () => {
  await assertRejects(
    () => command.run(["--format", "dall-e", "--scenes", "pocket", "-o", "x"]),
    UsageError,
    'Option --format takes gligen, migc, ms-diffusion or instance-diffusion, got "dall-e"',
  );
});
