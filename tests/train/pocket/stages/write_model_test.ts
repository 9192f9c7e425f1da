import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { openLocRef } from "../../../../lib/adapters/open_locref.ts";
import { initialWeights } from "../../../../train/loop/initial_weights.ts";
import { pocketFamily } from "../../../../train/pocket/stages/family.ts";
import {
  jointShapes,
  readModel,
  writeModel,
} from "../../../../train/pocket/stages/write_model.ts";

const family = pocketFamily({
  side: 128,
  latentSide: 16,
  latentChannels: 16,
  coordinates: 4,
  compositeFit: "contain",
});

Deno.test("a model that was written is read back, in half precision, to train on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const weights = initialWeights(jointShapes(family), { seed: 1 });
    await writeModel(folder, weights, family, [
      [160, 120],
      [128, 128],
      [120, 160],
      [160, 120],
    ]);
    const again = await readModel(folder, family);
    assertEquals([...again.keys()].sort(), [...weights.keys()].sort());
    for (const [name, { shape, data }] of again) {
      assertEquals(shape, weights.get(name)!.shape);
      const off = data.reduce((most, value, i) => {
        const own = weights.get(name)!.data[i]!;
        return Math.max(most, Math.abs(value - own) - Math.abs(own) / 1024);
      }, 0);
      assertEquals(off < 1e-7, true, `${name} is off by ${off}`);
    }
    const index = JSON.parse(
      await Deno.readTextFile(join(folder, "model_index.json")),
    );
    assertEquals(index._class_name, "StableDiffusionPipeline");
    const { compositeFit } = await openLocRef(
      join(folder, "locref", "locref.safetensors"),
    );
    assertEquals(compositeFit, "contain");
    assertEquals(index._locref.sizes, [[160, 120], [120, 160]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
