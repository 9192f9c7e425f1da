import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openBase } from "../../../../lib/bases/bases.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { modelDefaults } from "../../../../lib/pipeline/load/model_defaults.ts";
import { linkedModel } from "../linked_model.ts";

const tiny = fromFileUrl(new URL("../../../goldens/sd-tiny", import.meta.url));

async function openWith(sizes: readonly (readonly number[])[]) {
  const { default: index } = await import(
    "../../../goldens/sd-tiny/model_index.json",
    { with: { type: "json" } }
  );
  await using folder = await linkedModel(tiny, {
    "model_index.json": { ...index, _locref: { guidance: 3, sizes } },
  });
  return await openBase(folder.path);
}

Deno.test("a model's own sizes are those of its base, and no default of a run", async () => {
  const base = await openWith([[96, 64], [64, 96]]);
  assertEquals(base.trainedSizes, [
    { width: 96, height: 64 },
    { width: 64, height: 96 },
  ]);
  const { steps: _, ...defaults } = modelDefaults({ base, adapters: [] });
  assertEquals(defaults, { guidance: 3 });
});

Deno.test("a size that the VAE cannot make is refused by its key and value", async () => {
  const error = await assertRejects(() => openWith([[97, 64]]), LocRefError);
  assertEquals(error.code, "config-invalid");
  assertEquals(
    error.message.startsWith(
      'Key "_locref.sizes" of model_index.json has [97, 64]',
    ),
    true,
    error.message,
  );
});
