import { assert, assertEquals } from "@std/assert";
import { bases, ownLayouts } from "../../../lib/bases/bases.ts";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import { selectModelFiles } from "../../../lib/weights/hub/select_model_files.ts";
import { listModelFolder } from "../../../lib/pipeline/list_model_folder.ts";
import { LocRef, scene } from "../../../mod.ts";
import { gridBase, writeGridModel } from "./grid_base.ts";

bases.add(gridBase);
const folder = await Deno.makeTempDir();
await writeGridModel(folder);
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

Deno.test("a base whose denoiser is no UNet makes pictures that follow the caption", async () => {
  await using model = await LocRef.load(folder, { backend: "onnx" });
  const of = async (caption: string) => {
    const picture = await scene(64, 64).caption(caption).generate({ model });
    return picture.data;
  };
  const star = await of("a star");
  assertEquals(star, await of("a star"));
  assert((await of("a red boat")).some((value, i) => value !== star[i]));
});

Deno.test("the doctor takes a model of an added base, and names its denoiser", async () => {
  const found = await diagnose(folder);
  assertEquals([found.ok, found.problems], [true, []]);
  const denoiser = found.files.find(({ file }) => file.startsWith("grid/"))!;
  assertEquals(
    denoiser.what,
    'denoiser of "grid" (one attention over a grid)',
  );
});

Deno.test("the folders of an added base are fetched from the hub, those of others are not", async () => {
  const paths = [...await listModelFolder(folder), "other/model.safetensors"];
  const chosen = selectModelFiles(paths, { layouts: ownLayouts() });
  assertEquals(
    [...new Set(chosen.map((path) => path.split("/")[0]))],
    [...gridBase.folders!, "model_index.json"].sort((a, b) => a < b ? -1 : 1),
  );
});
