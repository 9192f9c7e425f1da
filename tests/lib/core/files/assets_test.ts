import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import {
  headerFiles,
  headersFolder,
} from "../../../../cli/setup_tensorflow/link_binding.ts";
import { pocketFiles } from "../../../../lib/pipeline/load/pocket_folder.ts";

const root = fromFileUrl(new URL("../../../../", import.meta.url));

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await filesBelow(path));
    else found.push(path);
  }
  return found;
}

for (
  const { folder, listed, ending } of [
    {
      folder: "models/pocket",
      listed: pocketFiles,
      ending: /\.(json|safetensors|txt)$/,
    },
    { folder: headersFolder, listed: headerFiles, ending: /\.h$/ },
  ]
) {
  Deno.test(`every file of ${folder} that a copy needs is listed`, async () => {
    const place = join(root, folder);
    const files = (await filesBelow(place))
      .map((path) => relative(place, path))
      .filter((name) => ending.test(name));
    assert(files.length > 0);
    assertEquals([...listed].sort(), files.sort());
  });
}
