import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import { pocketFiles } from "../../../../lib/pipeline/load/pocket_folder.ts";

const root = fromFileUrl(new URL("../../../../", import.meta.url));

const { publish } = JSON.parse(
  await Deno.readTextFile(join(root, "deno.json")),
);

/** Files that no copy has. */
const unpublished: string[] = publish.exclude;

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await filesBelow(path));
    else found.push(path);
  }
  return found;
}

Deno.test("every file of models/pocket that a copy needs is listed", async () => {
  const place = join(root, "models/pocket");
  const files = (await filesBelow(place))
    .map((path) => relative(place, path))
    .filter((name) => /\.(json|safetensors|txt|br)$/.test(name))
    .filter((name) => !unpublished.includes(`models/pocket/${name}`));
  assert(files.length > 0);
  assertEquals([...pocketFiles].sort(), files.sort());
});
