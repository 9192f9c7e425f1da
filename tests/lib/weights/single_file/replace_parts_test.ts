import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openModelFolder } from "../../../../lib/weights/model_folder.ts";
import { replaceParts } from "../../../../lib/weights/single_file/replace_parts.ts";

const goldens = fromFileUrl(new URL("../../../goldens", import.meta.url));
const folder = (name: string) => join(goldens, name);

Deno.test("a part comes from its own folder, or from a whole model's with the part in it", async () => {
  const model = await openModelFolder(folder("sdxl-tiny"));
  const whole = folder("sd-tiny");
  const own = join(whole, "vae");
  const [first, second] = await Promise.all(
    [own, whole].map((vae) => replaceParts(model, { vae }).part("vae")),
  );
  assertEquals(second!.config, first!.config);
  assert(!second!.config.file.includes("sdxl-tiny"));
  const [names, others] = await Promise.all(
    [first!, second!].map(async (part) => (await part.weights()).names()),
  );
  assert(names!.length > 0);
  assertEquals(others, names);
});

Deno.test("a whole model that lacks the part says so", async () => {
  const model = await openModelFolder(folder("sdxl-tiny"));
  const given = replaceParts(model, { text_encoder_2: folder("sd-tiny") });
  await assertRejects(() => given.part("text_encoder_2"), Error, "sd-tiny");
});
